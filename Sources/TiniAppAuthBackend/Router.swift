import FastCGI
import NIOHTTP1
import TiniAppAuth

/// Finds out what a request wants, and gives every answer its common header fields, its line in the log and its place
/// in the metrics.
final class Router: FastCGIHandler {
    /// What a request comes to: content of our own, Tiki's answer, or an error.
    private enum Answer {
        case content(type: String, body: String, status: Int = 200)
        case relayed(UpstreamAnswer)
        case error(AuthError)

        var error: AuthError? {
            if case .error(let error) = self { error } else { nil }
        }
    }

    /// A request on its way to its answer.
    private struct Exchange {
        /// Without the body.
        let request: FastCGIRequest
        let requestID: RequestID
        let target: Target?
    }

    private let service: AuthService
    private let readiness: Readiness
    private let exporter: PrometheusExporter
    private let metrics: RequestMetrics
    private let log: RequestLog

    init(
        service: AuthService,
        readiness: Readiness,
        exporter: PrometheusExporter,
        log: RequestLog
    ) {
        self.service = service
        self.readiness = readiness
        self.exporter = exporter
        metrics = RequestMetrics(exporter)
        self.log = log
    }

    func handle(_ request: FastCGIRequest, on connection: FastCGIConnection) {
        metrics.began()
        let exchange = Exchange(
            request: connection.head,
            requestID: RequestID(request.requestID),
            target: Target(path: request.path)
        )
        let done: @Sendable (Answer) -> Void = { [self] in finish(exchange, $0, nil, connection) }
        guard let target = exchange.target else { return done(.error(.notFound)) }
        guard target.methods.contains(request.method) else {
            return done(.error(.methodNotAllowed(allowed: target.methods.joined(separator: ", "))))
        }
        guard request.hasAnnouncedLength else { return done(.error(.invalidContentLength)) }
        switch target {
        case .greeting: done(.content(type: "text/plain; charset=utf-8", body: "Hello World from Cloud Run!"))
        case .live: done(.content(type: "application/json", body: #"{"status":"live"}"#))
        case .ready: done(readinessAnswer)
        case .metrics: done(.content(type: PrometheusExporter.contentType, body: exporter.text()))
        case .auth(let route):
            service.handle(
                route,
                contentType: request.contentType,
                body: request.body,
                age: .now - request.acceptedAt
            ) { [self] outcome in
                switch outcome.result {
                case .success(let answer): finish(exchange, .relayed(answer), outcome, connection)
                case .failure(let error): finish(exchange, .error(error), outcome, connection)
                }
            }
        }
    }

    /// The responder says in the log that it refuses, at a bounded rate; a flood must not become one of lines.
    func refuse(_ head: FastCGIRequest, because reason: FastCGIRefusal) -> FastCGIResponse {
        let error: AuthError =
            switch reason {
            case .overloaded: .overloaded
            case .shuttingDown: .shuttingDown
            }
        metrics.answered(Target(path: head.path), status: error.status, after: .now - head.acceptedAt)
        return response(.error(error), RequestID(head.requestID))
    }

    private var readinessAnswer: Answer {
        readiness.isShuttingDown
            ? .content(type: "application/json", body: #"{"status":"shutting_down"}"#, status: 503)
            : .content(type: "application/json", body: #"{"status":"ready"}"#)
    }

    private func finish(
        _ exchange: Exchange,
        _ answer: Answer,
        _ outcome: AuthOutcome?,
        _ connection: FastCGIConnection
    ) {
        let response = response(answer, exchange.requestID)
        let delivery = connection.send(response)
        let duration = ContinuousClock.now - exchange.request.acceptedAt
        metrics.ended()
        // Refused at the end of a shutdown, and counted then.
        guard delivery != .alreadyAnswered else { return }
        metrics.answered(exchange.target, status: response.status, after: duration)
        log.write(
            RequestLog.Entry(
                request: exchange.request,
                requestID: exchange.requestID,
                target: exchange.target,
                status: response.status,
                error: answer.error,
                outcome: outcome,
                delivery: delivery,
                duration: duration
            )
        )
    }

    private func response(_ answer: Answer, _ requestID: RequestID) -> FastCGIResponse {
        var type = "application/json"
        var extra: (name: String, value: String)?
        let status: Int
        let body: [UInt8]
        switch answer {
        case .content(let contentType, let text, let contentStatus):
            (type, status, body) = (contentType, contentStatus, Array(text.utf8))
        case .relayed(let answer):
            (type, status, body) = (answer.contentType, answer.status, answer.body)
        case .error(let error):
            (status, body) = (error.status, ErrorEnvelope.json(for: error, requestID: requestID.text))
            if case .methodNotAllowed(let allowed) = error { extra = ("Allow", allowed) }
            // RFC 9110 section 10.2.3, in seconds.
            if status == 503 { extra = ("Retry-After", "1") }
        }
        // No store and no cache: RFC 6749 section 5.1, for everything that may hold a token.
        var headers: [(name: String, value: String)] = [
            ("Content-Type", type), ("Content-Length", String(body.count)), ("Cache-Control", "no-store"),
            ("Pragma", "no-cache"), ("X-Request-Id", requestID.text),
        ]
        if let extra { headers.append(extra) }
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        return FastCGIResponse(status: status, reasonPhrase: phrase, headers: headers, body: body)
    }
}
