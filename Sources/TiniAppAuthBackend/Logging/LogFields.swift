import Logging

/// Fields of a log entry, in the order in which they are written.
struct LogFields: Sendable {
    enum Name: Sendable {
        /// Written as it is: without quotation marks, backslashes and control characters.
        case known(StaticString)
        case other(String)

        var text: String {
            switch self {
            case .known(let name): name.description
            case .other(let name): name
            }
        }
    }

    enum Value: Sendable {
        case text(String)
        case number(Int)
        case decimal(Double)
        /// A number with two digits after the point.
        case hundredths(Int64)
        /// Microseconds, written as text: seconds with six digits after the point, and `s`.
        case latency(Int64)
        case flag(Bool)
        case list([Value])
        case fields(LogFields)
    }

    private(set) var all: [(name: Name, value: Value)] = []

    init(capacity: Int) {
        all.reserveCapacity(capacity)
    }

    /// An entry's metadata, sorted by name.
    init(_ metadata: Logger.Metadata) {
        all = metadata.sorted { $0.key < $1.key }.map { (.other($0.key), Value($0.value)) }
    }

    mutating func append(_ name: StaticString, _ value: Value) {
        all.append((.known(name), value))
    }

    /// Leaves the field out if the text is nil.
    mutating func append(_ name: StaticString, _ text: String?) {
        if let text { append(name, .text(text)) }
    }

    mutating func append(_ fields: LogFields) {
        all += fields.all
    }
}

extension LogFields.Value {
    /// Numbers and booleans stay what they are, dictionaries become fields, arrays lists, and all else its description.
    init(_ value: Logger.MetadataValue) {
        switch value {
        case .stringConvertible(let number as Int): self = .number(number)
        case .stringConvertible(let number as Int64): self = .number(Int(number))
        case .stringConvertible(let number as Double): self = .decimal(number)
        case .stringConvertible(let flag as Bool): self = .flag(flag)
        case .dictionary(let members): self = .fields(LogFields(members))
        case .array(let elements): self = .list(elements.map(Self.init))
        case .string, .stringConvertible: self = .text(value.description)
        }
    }
}
