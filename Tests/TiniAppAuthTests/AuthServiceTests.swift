import Metrics
import NIOPosix
import Synchronization
import Testing

@testable import TiniAppAuth

/// What the service refuses by itself, without a word to Tiki.
struct AuthServiceTests {
    func error(_ body: String, contentType: String? = "application/json", route: AuthRoute = .exchange) throws
        -> AuthError?
    {
        var configuration = try UpstreamFixture.configuration(port: 1)
        configuration.maxBodyBytes = 100
        let service = try AuthService(
            configuration,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            logger: LogRecorder().logger,
            metrics: NOOPMetricsHandler.instance
        )
        let result = Mutex<Result<UpstreamAnswer, AuthError>?>(nil)
        service.handle(route, contentType: contentType, body: Array(body.utf8), age: .zero) { outcome in
            result.withLock { $0 = outcome.result }
        }
        return result.withLock { $0?.error }
    }

    @Test(
        "a bad request is answered at once, on the caller's thread",
        arguments: [
            ("", "application/json", .noPayload), ("", nil, .noPayload), ("", "text/plain", .noPayload),
            (" ", "application/json", .noPayload),
            (#"{"code":"a"}"#, nil, .unsupportedMediaType), (#"{"code":"a"}"#, "text/plain", .unsupportedMediaType),
            ("{", "text/plain", .unsupportedMediaType),
            ("[1]", "application/json", .invalidPayload), ("{}", "application/json", .noPayload),
            (#"{"x":1}"#, "application/json", .missingKey("code")),
            (#"{"code":1}"#, "application/json", .invalidValue("code")),
            (#"{"x":1,"x":1}"#, "application/json", .duplicateKey("x")),
            ("{x", "application/json", .invalidJSON(JSONSyntaxError(problem: .expectedKey, offset: 1))),
        ] as [(String, String?, AuthError)]
    )
    func refused(body: String, contentType: String?, expected: AuthError) throws {
        #expect(try error(body, contentType: contentType) == expected)
    }

    @Test("the limit of the body counts its bytes as they came, and comes before everything else")
    func bodyLimit() throws {
        func body(_ size: Int) -> String { "[" + String(repeating: " ", count: size - 2) + "]" }
        #expect(try error(body(100)) == .noPayload)
        #expect(try error(body(101)) == .payloadTooLarge(limit: 100))
        #expect(try error(body(101), contentType: "text/plain") == .payloadTooLarge(limit: 100))
    }

    @Test("each route asks for its own key", arguments: AuthRoute.allCases)
    func routes(route: AuthRoute) throws {
        #expect(try error(#"{"other":"a"}"#, route: route) == .missingKey(route.requiredKey))
    }
}
