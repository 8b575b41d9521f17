import Logging

/// Fields of a log entry in a fixed order, as one value of its metadata under any name. For entries that are written
/// often: a dictionary costs more to make, and must be sorted for output. Our handlers write the fields instead of the value.
struct LogFields: Sendable {
    enum Value: Sendable {
        case text(String)
        case number(Int)
        /// A number with two digits after the point.
        case hundredths(Int64)
        /// Microseconds, written as text: seconds with six digits after the point, and `s`.
        case latency(Int64)
        case flag(Bool)
        case fields(LogFields)
    }

    /// The names are written as they are: without quotation marks, backslashes and control characters.
    private(set) var all: [(name: StaticString, value: Value)] = []

    init(capacity: Int) {
        all.reserveCapacity(capacity)
    }

    mutating func append(_ name: StaticString, _ value: Value) {
        all.append((name, value))
    }

    /// Leaves the field out if the text is nil.
    mutating func append(_ name: StaticString, _ text: String?) {
        if let text { append(name, .text(text)) }
    }
}

extension LogFields: CustomStringConvertible {
    /// For other handlers.
    var description: String { metadata.description }

    /// The same as a dictionary.
    var metadata: Logger.Metadata {
        Dictionary(all.map { ($0.name.description, $0.value.metadataValue) }) { _, last in last }
    }
}

extension LogFields.Value {
    fileprivate var metadataValue: Logger.MetadataValue {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): .stringConvertible(number)
        case .hundredths(let number): .stringConvertible(Double(number) / 100)
        case .latency(let number): .string("\(Double(number) / 1_000_000)s")
        case .flag(let flag): .stringConvertible(flag)
        case .fields(let fields): .dictionary(fields.metadata)
        }
    }
}

extension LogHandler {
    /// The metadata of an entry: the handler's own, the provider's and the entry's, the later before the earlier.
    func fields(of event: LogEvent) -> Logger.Metadata {
        // The usual case.
        if metadata.isEmpty, metadataProvider == nil, event.error == nil { return event.metadata ?? [:] }
        var fields = metadata
        if let metadataProvider { fields.merge(metadataProvider.get()) { _, new in new } }
        if let error = event.error { fields["error"] = "\(error)" }
        fields.merge(event.metadata ?? [:]) { _, new in new }
        return fields
    }
}
