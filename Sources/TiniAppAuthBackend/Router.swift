import FastCGI
import Logging
import NIOHTTP1
import TiniAppAuth

/// Finds out what a request wants, and gives every answer its common header fields and its line in the log.
final class Router: FastCGIHandler {
    /// What a request comes to: content of our own, Tiki's answer, or an error.
    private enum Answer {
        case content(type: String, body: String, status: Int = 200)
        case relayed(UpstreamAnswer)
        case error(AuthError)
    }

    private let service: AuthService
    private let logger: Logger
    private let readiness: Readiness

    init(service: AuthService, readiness: Readiness, logger: Logger) {
        self.service = service
        self.readiness = readiness
        self.logger = logger
    }

    func handle(_ request: FastCGIRequest, on connection: FastCGIConnection) {
        let started = ContinuousClock.now
        let requestID = RequestID(request.requestID)
        guard let target = Target(path: request.path) else {
            return finish(.error(.notFound), requestID, "unknown", started, connection)
        }
        let done: @Sendable (Answer) -> Void = { [self] in
            finish($0, requestID, target.name, started, connection)
        }
        guard target.methods.contains(request.method) else {
            return done(.error(.methodNotAllowed(allowed: target.methods.joined(separator: ", "))))
        }
        guard request.hasAnnouncedLength else { return done(.error(.invalidContentLength)) }
        switch target {
        case .greeting: done(.content(type: "text/plain; charset=utf-8", body: "Hello World from Cloud Run!"))
        case .live: done(.content(type: "application/json", body: #"{"status":"live"}"#))
        case .ready: done(readinessAnswer)
        case .auth(let route):
            service.handle(route, contentType: request.contentType, body: request.body) { result in
                switch result {
                case .success(let answer): done(.relayed(answer))
                case .failure(let error): done(.error(error))
                }
            }
        }
    }

    func refuse(_ requestID: String?, because reason: FastCGIRefusal) -> FastCGIResponse {
        let error: AuthError =
            switch reason {
            case .overloaded: .overloaded
            case .shuttingDown: .shuttingDown
            }
        return response(.error(error), RequestID(requestID))
    }

    private var readinessAnswer: Answer {
        readiness.isShuttingDown
            ? .content(type: "application/json", body: #"{"status":"shutting_down"}"#, status: 503)
            : .content(type: "application/json", body: #"{"status":"ready"}"#)
    }

    private func finish(
        _ answer: Answer,
        _ requestID: RequestID,
        _ target: String,
        _ started: ContinuousClock.Instant,
        _ connection: FastCGIConnection
    ) {
        let response = response(answer, requestID)
        let outcome = connection.send(response)
        let elapsed = ContinuousClock.now - started
        var level = Logger.Level.info
        var metadata: Logger.Metadata = [
            "request_id": "\(requestID.text)", "target": "\(target)", "status": "\(response.status)",
            "milliseconds": "\(Int64(elapsed / .milliseconds(1)))",
        ]
        if case .error(let error) = answer {
            metadata["reason"] = "\(error.reason)"
            if response.status >= 500 { level = .warning }
        } else if case .content = answer {
            level = .debug
        }
        if outcome != .sent {
            metadata["outcome"] = "\(outcome)"
            level = .warning
        }
        logger.log(level: level, "request", metadata: metadata)
    }

    private func response(_ answer: Answer, _ requestID: RequestID) -> FastCGIResponse {
        var type = "application/json"
        var extra: [(name: String, value: String)] = []
        let status: Int
        let body: [UInt8]
        switch answer {
        case .content(let contentType, let text, let contentStatus):
            (type, status, body) = (contentType, contentStatus, Array(text.utf8))
        case .relayed(let answer):
            (status, body) = (answer.status, answer.body)
        case .error(let error):
            (status, body) = (error.status, ErrorEnvelope.json(for: error, requestID: requestID.text))
            if case .methodNotAllowed(let allowed) = error { extra = [("Allow", allowed)] }
            // RFC 9110 section 10.2.3, in seconds.
            if status == 503 { extra = [("Retry-After", "1")] }
        }
        // No store and no cache: RFC 6749 section 5.1, for everything that may hold a token.
        let headers = [
            ("Content-Type", type), ("Content-Length", String(body.count)), ("Cache-Control", "no-store"),
            ("Pragma", "no-cache"), ("X-Request-Id", requestID.text),
        ]
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        return FastCGIResponse(status: status, reasonPhrase: phrase, headers: headers + extra, body: body)
    }
}
