/// Where and why bytes are not JSON. Gives the place, never quotes the bytes.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of errors.
    package enum Problem: String, Sendable {
        case unexpectedEnd = "unexpected end"
        case expectedValue = "expected a value"
        case expectedKey = "expected a key in quotation marks"
        case expectedColon = "expected ':'"
        case expectedCommaOrEnd = "expected ',' or the end of the object or array"
        case malformedNumber = "malformed number"
        case malformedEscape = "malformed escape"
        case loneSurrogate = "half of a surrogate pair"
        case controlCharacter = "control character in a string"
        case invalidUTF8 = "not UTF-8"
        case byteOrderMark = "byte order mark"
        case nestedTooDeep = "nested too deep"
        case trailingContent = "content behind the end"
    }

    package let problem: Problem
    /// The number of bytes before the place.
    package let offset: Int

    package init(problem: Problem, offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    package var description: String { "\(problem.rawValue) at byte offset \(offset)" }
}
