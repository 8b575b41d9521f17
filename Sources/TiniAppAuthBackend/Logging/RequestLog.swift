import FastCGI
import Logging
import NIOCore
import Text
import TiniAppAuth

/// The line that a request leaves in the log.
///
/// The fields are our own and those that Google Cloud's logging reads (its page "Structured logging"). Of a client's input,
/// only words that we know are logged: an invented path or method could be a token.
struct RequestLog: Sendable {
    /// A request that has been answered.
    struct Entry {
        var head: FastCGIRequest.Head
        var requestID: RequestID
        /// nil if the path is unknown.
        var route: Route?
        /// The HTTP status that was sent.
        var status: Int
        /// Why the request was refused before a call was made.
        var refusal: AuthError?
        /// The outcome of the call; nil if there was no call.
        var outcome: AuthOutcome?
        var delivery = ResponseWriter.Delivery.sent
        /// From the beginning of the request's arrival to the answer.
        var duration: TimeAmount
    }

    let logger: Logger
    private let handler: LineLogHandler?
    /// The Google Cloud project that names traces; nil if it is not known.
    private let project: String?

    init(logger: Logger, project: String?) {
        self.logger = logger
        handler = logger.handler as? LineLogHandler
        self.project = project
    }

    func write(_ entry: Entry) {
        let level = Self.level(of: entry)
        guard level >= logger.logLevel else { return }
        var fields = entry.fields
        addTrace(of: entry.head, to: &fields)
        guard let handler else { return logger.log(level: level, "\(entry.message)") }
        handler.log(level, entry.message, fields)
    }

    /// A user's mistake is info, Tiki's failure a warning, ours an error. Probes and the greeting are for debugging.
    static func level(of entry: Entry) -> Logger.Level {
        let level = levelOfAnswer(entry)
        return entry.delivery == .sent ? level : max(level, .warning)
    }

    private static func levelOfAnswer(_ entry: Entry) -> Logger.Level {
        switch entry.outcome?.result {
        // Tiki refuses our signature: no user can do anything about that.
        case .success(let answer) where answer.errorReason == TikiReason.invalidSignature.rawValue: return .error
        case .success(let answer) where entry.refusal == nil: return answer.status >= 500 ? .warning : .info
        case .success, .failure, nil: break
        }
        switch entry.status {
        case 502, 504: return .warning
        case _ where entry.refusal == .verificationUnavailable: return .warning
        case _ where entry.error == nil: return .debug
        case 500...: return .error
        default: return .info
        }
    }

    private func addTrace(of head: FastCGIRequest.Head, to fields: inout LogFields) {
        guard let context = head.traceContext.flatMap(TraceContext.init) else { return }
        // Without a project the trace's own name is what Google Cloud asks for.
        let trace = project.map { "projects/\($0)/traces/\(context.traceID)" } ?? context.traceID
        fields.append("logging.googleapis.com/trace", trace)
        fields.append("logging.googleapis.com/spanId", context.spanID)
        if let isSampled = context.isSampled { fields.append("logging.googleapis.com/trace_sampled", .flag(isSampled)) }
    }
}

extension RequestLog.Entry {
    /// Our own error, if that was the answer.
    fileprivate var error: AuthError? {
        if let refusal { return refusal }
        if case .failure(let error) = outcome?.result { return error }
        return nil
    }

    /// Such as `POST /auth_exchange 200`
    fileprivate var message: String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        text.append(contentsOf: method.utf8)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: path.utf8)
        text.append(UInt8(ascii: " "))
        text.append(decimal: status)
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate var method: String {
        switch head.method {
        case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT": head.method
        default: "other"
        }
    }

    fileprivate var path: String {
        switch route {
        case nil: "other"
        // The rest is the client's.
        case .validation: "/tiki-validation-code"
        default: head.path
        }
    }

    fileprivate var fields: LogFields {
        var fields = LogFields(capacity: 16)
        fields.append("request_id", requestID.text)
        fields.append("route", Route.name(of: route))
        fields.append("status", .number(status))
        var reason = error?.reason
        if case .success(let answer) = outcome?.result {
            fields.append("upstream_status", .number(answer.status))
            // Tiki's says more.
            reason = answer.errorReason ?? reason
        }
        fields.append("reason", reason)
        fields.append("duration_ms", .hundredths((duration.nanoseconds + 5_000) / 10_000))
        if let outcome {
            if let duration = outcome.upstreamDuration {
                fields.append("upstream_ms", .hundredths((duration.nanoseconds + 5_000) / 10_000))
            }
            fields.append("shared", .flag(outcome.isShared))
            if outcome.isLate { fields.append("late", .flag(true)) }
            if let age = outcome.age {
                // As the metrics count it.
                fields.append(outcome.token == .inDoubt ? "in_doubt" : "replayed", .flag(true))
                fields.append("age", .number(age))
            }
            fields.append("attempts", .number(outcome.attempts))
            fields.append("failure", outcome.failureCode)
        }
        if delivery != .sent { fields.append("delivery", "\(delivery)") }
        fields.append("httpRequest", .fields(httpRequest))
        return fields
    }

    private var httpRequest: LogFields {
        var fields = LogFields(capacity: 5)
        fields.append("requestMethod", method)
        fields.append("requestUrl", path)
        fields.append("status", .number(status))
        fields.append("latency", .latency(duration.nanoseconds / 1_000))
        // nginx's name for a peer without an address is "unix:".
        if let address = head.remoteAddress,
            address.utf8.allSatisfy({ $0.isASCIIHexDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
        {
            fields.append("remoteIp", address)
        }
        return fields
    }
}
