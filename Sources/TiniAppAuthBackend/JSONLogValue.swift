import Logging
import TiniAppAuth

/// Writes the metadata of a log entry as JSON.
enum JSONLogValue {
    /// Appends the members of an object, without its braces, in the order of their names.
    static func append(members: Logger.Metadata, to json: inout [UInt8]) {
        var isFirst = true
        // The places are sorted, which is less to move about than names and values.
        for index in members.indices.sorted(by: { members[$0].key < members[$1].key }) {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONString.append(members[index].key, to: &json)
            json.append(UInt8(ascii: ":"))
            append(members[index].value, to: &json)
        }
    }

    /// Appends a value: numbers and booleans as such, dictionaries as objects, arrays as arrays, all else as a string.
    static func append(_ value: Logger.MetadataValue, to json: inout [UInt8]) {
        switch value {
        case .stringConvertible(let number as Int): json.append(contentsOf: "\(number)".utf8)
        case .stringConvertible(let number as Int64): json.append(contentsOf: "\(number)".utf8)
        case .stringConvertible(let flag as Bool): json.append(contentsOf: "\(flag)".utf8)
        // JSON has no infinity and no NaN.
        case .stringConvertible(let number as Double) where number.isFinite:
            json.append(contentsOf: "\(number)".utf8)
        case .dictionary(let members):
            json.append(UInt8(ascii: "{"))
            append(members: members, to: &json)
            json.append(UInt8(ascii: "}"))
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(element, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .string, .stringConvertible: JSONString.append(value.description, to: &json)
        }
    }
}
