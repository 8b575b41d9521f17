import InMemoryLogging
import Metrics
import NIOPosix
import TestSupport
import Testing
import Text

@testable import TiniAppAuth

/// Requests that the service refuses itself, without calling Tiki.
struct AuthServiceTests {
    func error(_ body: String, contentType: String? = "application/json", route: AuthRoute = .exchange) throws
        -> AuthError?
    {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        return try eventLoop.submit {
            let service = try AuthService(
                try ServiceFixture.configuration(port: 1),
                eventLoop: eventLoop,
                logger: InMemoryLogHandler.make().logger,
                metrics: NOOPMetricsHandler.instance
            )
            var result: Result<TikiAnswer, AuthError>?
            service.handle(route, contentType: contentType, body: Array(body.utf8), acceptedAt: .now()) { outcome in
                result = outcome.result
            }
            return result?.error
        }.wait()
    }

    @Test(
        "A bad request is answered at once, and so is one without the key of its route",
        arguments: [
            ("", "application/json", .payload(.empty)), ("", nil, .payload(.empty)),
            ("", "text/plain", .payload(.empty)),
            (#"{"code":"a"}"#, nil, .unsupportedMediaType), ("{", "text/plain", .unsupportedMediaType),
            ("{x", "application/json", .payload(.notJSON(JSONSyntaxError(problem: .expectedKey, offset: 1)))),
        ] as [(String, String?, AuthError)]
    )
    func refused(body: String, contentType: String?, expected: AuthError) throws {
        #expect(try error(body, contentType: contentType) == expected)
        for route in AuthRoute.allCases {
            #expect(try error(#"{"other":"a"}"#, route: route) == .payload(.missingKey(route.requiredKey)))
        }
    }
}
