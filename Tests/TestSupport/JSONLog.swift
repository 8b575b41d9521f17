import Foundation

package enum JSONValue: Sendable, Hashable, Decodable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case object([String: JSONValue])
    case null

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// The number; nil if the value is not one.
    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    /// The text; nil if the value is not one.
    package var text: String? { if case .text(let text) = self { text } else { nil } }
}

/// A log of JSON objects, one per line.
package enum JSONLog {
    /// All lines of a log.
    ///
    /// - Throws: a decoding error if one of them is not a JSON object.
    package static func lines(_ log: String) throws -> [[String: JSONValue]] {
        try log.split(separator: "\n").map { try JSONDecoder().decode([String: JSONValue].self, from: Data($0.utf8)) }
    }
}
