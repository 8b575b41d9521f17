import ArgumentParser
import Logging
import NIOCore
import NIOPosix
import Text
import TiniAppAuth
import Upstream

/// Makes one call to Tiki from the command line with the code that serves the app: same checks, signature and limits.
struct DirectCall {
    /// For the commands' help.
    static let exitCodes =
        "Exits with 0 if Tiki has granted it, else with 1 and what to do; with 78 if a setting is wrong."

    let route: AuthRoute

    /// A code or token without what editors, terminals and Windows leave around it: a byte order mark in front, white space
    /// at the end. Neither has any itself.
    static func trimmed(_ secret: String) -> String {
        var scalars = secret.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }

    /// Prints Tiki's answer on standard output, and advice on standard error if it is not a success.
    ///
    /// - Parameter secret: the code or token.
    /// - Throws: `ExitCode`.
    func run(with secret: String) async throws {
        let configuration = try loadOrExit(Configuration.init(environment:))
        let outcome = try await call(configuration.service, secret)
        switch outcome.result {
        case .success(let answer):
            print(String(decoding: answer.body, as: UTF8.self))
            if answer.status < 300, answer.errorReason == nil { return }
            fail(
                "Tiki answered \(answer.status)",
                hint: hint(after: answer, from: configuration.service.endpoints[route])
            )
        case .failure(let error):
            let finer = outcome.failureCode.map { " (\($0))" } ?? ""
            fail("\(error.reason): \(error.message)\(finer)", hint: Self.hint(after: error))
        }
        throw ExitCode.failure
    }

    private func call(_ configuration: AuthService.Configuration, _ secret: String) async throws -> AuthOutcome {
        var configuration = configuration
        configuration.upstream.warmConnections = 0
        var body = Array("{".utf8)
        JSONString.append(route.requiredKey, to: &body)
        body.append(UInt8(ascii: ":"))
        JSONString.append(secret, to: &body)
        body.append(UInt8(ascii: "}"))
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let service = try await eventLoop.submit { [configuration] in
            let service = try AuthService(
                configuration,
                eventLoop: eventLoop,
                // Says why Tiki cannot be reached, and that the clock is wrong.
                logger: Logger(label: "tiniapp-auth-backend") { _ in LineLogHandler(logLevel: .warning, isText: true) },
                metrics: PrometheusExporter(help: [:])
            )
            return NIOLoopBound(service, eventLoop: eventLoop)
        }.get()
        let outcome = await withCheckedContinuation { answered in
            eventLoop.execute { [body] in
                service.value.handle(route, contentType: "application/json", body: body, acceptedAt: .now()) {
                    answered.resume(returning: $0)
                }
            }
        }
        try await eventLoop.flatSubmit { service.value.close() }.get()
        return outcome
    }

    private func fail(_ problem: String, hint: String) {
        StandardError.print("\(route.rawValue): \(problem)\n\(hint)")
    }

    private func hint(after answer: TikiAnswer, from url: UpstreamURL) -> String {
        answer.errorReason.flatMap(TikiReason.init)?.advice(after: url)
            ?? "What Tiki says is above. Is AUTH_ENDPOINT the right one? Try: tiniapp-auth-backend check --upstream"
    }

    private static func hint(after error: AuthError) -> String {
        switch error {
        case .upstreamUnreachable: "Nothing was sent. Try: tiniapp-auth-backend check --upstream"
        case .upstreamTimeout, .upstreamInvalidResponse:
            "It may have reached Tiki all the same, and is used up then: take a new code or token for the next try."
        default: "Nothing was sent."
        }
    }
}
