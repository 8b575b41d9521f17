import Text

/// A request's place in a distributed trace, from the field `X-Cloud-Trace-Context`: `TRACE_ID/SPAN_ID;o=OPTIONS`.
///
/// Source: Google's page "Trace context" (the trace's name in hexadecimal, the span's in decimal), and "Link log entries
/// with traces" for what a log entry says of it.
struct TraceContext: Equatable, Sendable {
    /// 32 hexadecimal digits in lower case, not all of them 0. nginx/http.conf has the same rule, so that both logs name the
    /// same trace.
    let traceID: String
    /// 16 hexadecimal digits; nil if none is named.
    let spanID: String?
    /// Whether the trace is recorded; nil if that is not said.
    let isSampled: Bool?

    /// - Returns: nil if the field does not begin with the name of a trace. A malformed rest is left out:
    ///   a client can write here what it likes.
    init?(_ field: String) {
        let parts = field.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let trace = names[0].utf8
        guard trace.count == 32, trace.allSatisfy({ "0123456789abcdef".utf8.contains($0) }),
            trace.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        traceID = String(names[0])
        spanID = names.count == 2 ? Self.spanID(names[1]) : nil
        switch parts.dropFirst().first {
        case "o=1": isSampled = true
        case "o=0": isSampled = false
        default: isSampled = nil
        }
    }

    private static func spanID(_ decimal: Substring) -> String? {
        // The integer's own parser would also take a sign.
        guard decimal.utf8.allSatisfy(\.isASCIIDigit),
            let number = UInt64(decimal), number != 0
        else { return nil }
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
