import FastCGI
import Logging
import TiniAppAuth

/// The line that a request leaves in the log.
///
/// Fields are those that Google Cloud's logging reads (its page "Structured logging") beside our own. Of what a client
/// sent, only words that we know get in: a path or a method of its own making could be a token.
struct RequestLog: Sendable {
    /// A request that has been answered.
    struct Entry {
        /// The request; its body is not looked at.
        var request: FastCGIRequest
        var requestID: RequestID
        /// nil if the path is unknown.
        var target: Target?
        /// The HTTP status that was sent.
        var status: Int
        /// Our own error, if that was the answer.
        var error: AuthError?
        /// What became of the call; nil if it did not come to one.
        var outcome: AuthOutcome?
        var delivery = FastCGIConnection.Outcome.sent
        /// From the accepted connection to the answer.
        var duration: Duration
    }

    let logger: Logger
    /// The Google Cloud project that names traces; nil if it is not known.
    let project: String?

    func write(_ entry: Entry) {
        let level = Self.level(of: entry)
        guard level >= logger.logLevel else { return }
        var fields = entry.fields
        addTrace(of: entry.request, to: &fields)
        logger.log(level: level, "\(entry.method) \(entry.path) \(entry.status)", metadata: fields)
    }

    /// A user's mistake is info, Tiki's failure a warning, ours an error. Probes and the greeting are for debugging.
    static func level(of entry: Entry) -> Logger.Level {
        let level = levelOfAnswer(entry)
        return entry.delivery == .sent ? level : max(level, .warning)
    }

    private static func levelOfAnswer(_ entry: Entry) -> Logger.Level {
        switch entry.outcome?.result {
        // Tiki refuses our signature: no user can do anything about that.
        case .success(let answer) where answer.errorReason == "invalid_signature": return .error
        case .success(let answer): return answer.status >= 500 ? .warning : .info
        case .failure, nil: break
        }
        switch entry.status {
        case 502, 504: return .warning
        case _ where entry.error == nil: return .debug
        case 500...: return .error
        default: return .info
        }
    }

    private func addTrace(of request: FastCGIRequest, to fields: inout Logger.Metadata) {
        guard let context = request.traceContext.flatMap(TraceContext.init) else { return }
        // Without a project the trace's own name is what Google Cloud asks for.
        let trace = project.map { "projects/\($0)/traces/\(context.traceID)" } ?? context.traceID
        fields["logging.googleapis.com/trace"] = "\(trace)"
        if let spanID = context.spanID { fields["logging.googleapis.com/spanId"] = "\(spanID)" }
        if let isSampled = context.isSampled {
            fields["logging.googleapis.com/trace_sampled"] = .stringConvertible(isSampled)
        }
    }
}

extension RequestLog.Entry {
    private static let knownMethods: Set = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
    ]

    fileprivate var method: String {
        Self.knownMethods.contains(request.method) ? request.method : "other"
    }

    fileprivate var path: String { target == nil ? "other" : request.path }

    fileprivate var fields: Logger.Metadata {
        var fields: Logger.Metadata = [
            "httpRequest": .dictionary(httpRequest), "request_id": "\(requestID.text)",
            "route": "\(target?.name ?? "unknown")", "status": .stringConvertible(status),
            "duration_ms": .stringConvertible(duration.milliseconds),
        ]
        if let error { fields["reason"] = "\(error.reason)" }
        if case .success(let answer) = outcome?.result {
            fields["upstream_status"] = .stringConvertible(answer.status)
            if let reason = answer.errorReason { fields["reason"] = "\(reason)" }
        }
        if let outcome {
            fields["shared"] = .stringConvertible(outcome.isShared)
            fields["attempts"] = .stringConvertible(outcome.attempts)
            if let duration = outcome.upstreamDuration {
                fields["upstream_ms"] = .stringConvertible(duration.milliseconds)
            }
            if let failure = outcome.failure { fields["failure"] = "\(failure)" }
        }
        if delivery != .sent { fields["outcome"] = "\(delivery)" }
        return fields
    }

    private var httpRequest: Logger.Metadata {
        var fields: Logger.Metadata = [
            "requestMethod": "\(method)", "requestUrl": "\(path)", "status": .stringConvertible(status),
            "latency": "\(duration.decimalSeconds)s",
        ]
        // nginx's name for a peer without an address is "unix:".
        if let address = request.remoteAddress, address.utf8.allSatisfy({ $0.isHexDigit || ".:".utf8.contains($0) }) {
            fields["remoteIp"] = "\(address)"
        }
        return fields
    }
}

extension Duration {
    /// With six digits behind the point: a small number as Swift prints it would have an exponent.
    fileprivate var decimalSeconds: String {
        let microseconds = Int64(self / .microseconds(1))
        let fraction = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }

    /// To a hundredth.
    fileprivate var milliseconds: Double { (self / .milliseconds(1) * 100).rounded() / 100 }
}
