import FastCGI
import Logging
import NIOCore
import Text
import TiniAppAuth

/// Finds out what a request wants, has it answered, logs it and counts it. Lives on the event loop.
final class RequestHandler: FastCGIHandler {
    /// A request on its way to its response.
    private struct Pending {
        let requestID: RequestID
        /// nil if the path is unknown.
        let route: Route?
        let writer: ResponseWriter

        var head: FastCGIRequest.Head { writer.head }
    }

    /// Whether the web server keeps outsiders from the paths that are not for them: `guarded` in nginx/routes.conf.
    static let internalPaths: StaticString = "INTERNAL_PATHS"

    let service: AuthService
    /// Whether the process has begun to shut down; the health check tells it.
    var isShuttingDown = false
    private let exporter: PrometheusExporter
    private let metrics: RequestMetrics
    private let log: RequestLog
    private let validation: DomainValidation
    private let maxBodyBytes: Int

    /// - Parameter maxBodyBytes: the length of the longest body that is read before ``handle(_:_:)``; for the error's
    ///   text.
    init(
        service: AuthService,
        validation: DomainValidation,
        exporter: PrometheusExporter,
        log: RequestLog,
        maxBodyBytes: Int
    ) {
        self.service = service
        self.exporter = exporter
        metrics = RequestMetrics(exporter)
        self.log = log
        self.validation = validation
        self.maxBodyBytes = maxBodyBytes
    }

    /// With all that it needs, made as the configuration says.
    ///
    /// - Throws: `TrustError` or NIOSSL's error if the trusted certificates cannot be used.
    convenience init(_ configuration: Configuration, eventLoop: any EventLoop, logger: Logger) throws {
        let exporter = PrometheusExporter(help: Metric.help)
        self.init(
            service: try AuthService(configuration.service, eventLoop: eventLoop, logger: logger, metrics: exporter),
            validation: configuration.validation,
            exporter: exporter,
            log: RequestLog(logger: logger, project: configuration.googleCloudProject),
            maxBodyBytes: configuration.limits.maxStdinBytes
        )
    }

    var ownParam: StaticString { Self.internalPaths }

    func handle(_ request: FastCGIRequest, _ writer: ResponseWriter) {
        metrics.began()
        let head = writer.head
        let id = RequestID(head.requestID)
        let pending = Pending(requestID: id, route: Route(path: head.path), writer: writer)
        if let name = head.missingParam { return refuse(pending, .missingParam(name)) }
        guard let route = pending.route, head.ownParam == "guarded" || !route.isInternal else {
            return refuse(pending, .notFound)
        }
        guard route.methods.contains(head.method) else {
            return refuse(pending, .methodNotAllowed(allowed: route.methods.joined(separator: ", ")))
        }
        switch request.bodyRefusal {
        case .tooLarge: return refuse(pending, .payloadTooLarge(limit: maxBodyBytes))
        case .late: return refuse(pending, .lateBody)
        case nil: break
        }
        if request.lacksLength { return refuse(pending, .lengthRequired) }
        guard request.hasAnnouncedLength else { return refuse(pending, .invalidContentLength) }
        switch route {
        case .greeting:
            let greeting = "Hello World from Cloud Run!"
            finish(pending, FastCGIResponse(type: "text/plain; charset=utf-8", content: greeting, id))
        case .live:
            finish(pending, FastCGIResponse(content: #"{"status":"live"}"#, id))
        case .ready where isShuttingDown:
            finish(pending, FastCGIResponse(content: #"{"status":"shutting_down"}"#, status: 503, id))
        case .ready:
            finish(pending, FastCGIResponse(content: #"{"status":"ready"}"#, id))
        case .metrics:
            let text = exporter.text() + ProcessMetrics.text()
            finish(pending, FastCGIResponse(type: PrometheusExporter.contentType, content: text, id))
        case .validation(let file):
            guard let content = validation.content(id: file) else { return refuse(pending, .notFound) }
            finish(pending, FastCGIResponse(status: 200, id, content: ("text/plain; charset=utf-8", content)))
        case .verify:
            service.verify(authorization: head.authorization, acceptedAt: head.acceptedAt) { [self] outcome in
                let verdict = TokenVerdict(outcome)
                finish(pending, FastCGIResponse(verdict, id), refusal: verdict.error, outcome: outcome)
            }
        case .auth where !MediaType.isUnencoded(head.contentEncoding ?? ""):
            refuse(pending, .encodedBody)
        case .auth(let route):
            service.handle(route, contentType: head.contentType, body: request.body, acceptedAt: head.acceptedAt) {
                [self] outcome in
                finish(pending, FastCGIResponse(outcome, id), outcome: outcome)
            }
        }
    }

    /// Writes no line to the log: ``FastCGIServer`` logs refusals at a bounded rate, so that a flood of requests does
    /// not become a flood of lines.
    func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) -> FastCGIResponse {
        let error: AuthError =
            switch reason {
            case .overloaded: .overloaded
            case .shuttingDown: .shuttingDown
            }
        metrics.answered(Route(path: head.path), status: error.status, after: .now() - head.acceptedAt)
        return FastCGIResponse(error, RequestID(head.requestID))
    }

    private func refuse(_ pending: Pending, _ error: AuthError) {
        finish(pending, FastCGIResponse(error, pending.requestID), refusal: error)
    }

    /// - Parameters:
    ///   - refusal: why the request was refused before it came to a call.
    ///   - outcome: how the call ended.
    private func finish(
        _ pending: Pending,
        _ response: FastCGIResponse,
        refusal: AuthError? = nil,
        outcome: AuthOutcome? = nil
    ) {
        pending.writer.send(response) { [self] delivery in
            let duration = .now() - pending.head.acceptedAt
            metrics.ended()
            // Refused at the end of a shutdown, and counted then.
            guard delivery != .alreadyAnswered else { return }
            metrics.answered(pending.route, status: response.status, after: duration)
            log.write(
                RequestLog.Entry(
                    head: pending.head,
                    requestID: pending.requestID,
                    route: pending.route,
                    status: response.status,
                    refusal: refusal,
                    outcome: outcome,
                    delivery: delivery,
                    duration: duration
                )
            )
        }
    }
}
