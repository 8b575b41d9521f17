import Testing

@testable import Text

struct JSONStrictnessTests {
    typealias Problem = JSONSyntaxError.Problem

    @Test(
        "JSON that RFC 8259 does not allow is refused, with the position of the problem",
        arguments: [
            ("[1,]", Problem.expectedValue, 3), (#"{"a":1,}"#, .expectedKey, 7), ("{,}", .expectedKey, 1),
            ("[,]", .expectedValue, 1), ("\u{FEFF}{}", .byteOrderMark, 0), (" \u{FEFF}{}", .expectedValue, 1),
            ("{}\u{FEFF}", .trailingContent, 2), ("NaN", .expectedValue, 0), ("[Infinity]", .expectedValue, 1),
            ("[-Infinity]", .malformedNumber, 2), ("// x\n{}", .expectedValue, 0), ("{/* */}", .expectedKey, 1),
            ("{} # x", .trailingContent, 3), ("{'a':1}", .expectedKey, 1), ("['a']", .expectedValue, 1),
            ("{a:1}", .expectedKey, 1), ("{1:1}", .expectedKey, 1), ("+1", .expectedValue, 0),
            (".5", .expectedValue, 0), ("[1.]", .malformedNumber, 3), ("[1.e5]", .malformedNumber, 3),
            ("[1e]", .malformedNumber, 3), ("[1e+]", .malformedNumber, 4), ("[-]", .malformedNumber, 2),
            ("[- 1]", .malformedNumber, 2), ("01", .trailingContent, 1), ("[00]", .expectedCommaOrEnd, 2),
            ("[-01]", .expectedCommaOrEnd, 3), ("[0x10]", .expectedCommaOrEnd, 2), ("[1_000]", .expectedCommaOrEnd, 2),
            ("[1 2]", .expectedCommaOrEnd, 3), ("True", .expectedValue, 0), ("truee", .trailingContent, 4),
            ("[nul]", .expectedValue, 1), ("undefined", .expectedValue, 0), (#"{"a" 1}"#, .expectedColon, 5),
            (#"{"a":1 "b":2}"#, .expectedCommaOrEnd, 7), (#"{"a":}"#, .expectedValue, 5),
            (#"{"a"}"#, .expectedColon, 4), ("{]", .expectedKey, 1), ("[}", .expectedValue, 1),
            ("[1}", .expectedCommaOrEnd, 2), ("{}{}", .trailingContent, 2), ("1 2", .trailingContent, 2),
            ("{}x", .trailingContent, 2), ("[]]", .trailingContent, 2), ("\u{A0}{}", .expectedValue, 0),
            ("\u{B}{}", .expectedValue, 0), ("\u{2028}{}", .expectedValue, 0), ("{}\0", .trailingContent, 2),
            ("{\"a\n\":1}", .controlCharacter, 3), (#""\x41""#, .malformedEscape, 2), (#""\'""#, .malformedEscape, 2),
            (#""\U0041""#, .malformedEscape, 2), (#""\0""#, .malformedEscape, 2), (#""\u00g0""#, .malformedEscape, 5),
            (#""\u 041""#, .malformedEscape, 3), (#""\u+041""#, .malformedEscape, 3),
            (#""\ud83e\u12x4""#, .malformedEscape, 11),
        ] as [(String, Problem, Int)]
    )
    func refused(text: String, problem: Problem, offset: Int) {
        #expect(JSONText.error(text) == JSONSyntaxError(problem: problem, offset: offset))
    }

    @Test(
        "Text that stops too early is refused at its end",
        arguments: [
            "", "  ", "{", "[", "[1", "[1,", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, "\"", "\"a", "\"\\",
            #""\u"#, #""\u12"#, #""\ud83e\u"#, "-", "1.", "1e", "1E-", "[[]", "[{}",
        ]
    )
    func unterminated(text: String) {
        #expect(JSONText.error(text) == JSONSyntaxError(problem: .unexpectedEnd, offset: text.utf8.count))
    }

    @Test("64 levels of arrays, objects or both are accepted, 65 are refused, and siblings are no levels")
    func depth() {
        func nested(_ count: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
        }
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            #expect(JSONText.error(nested(64, open, close)) == nil)
            let offset = 64 * open.utf8.count
            #expect(JSONText.error(nested(65, open, close)) == JSONSyntaxError(problem: .nestedTooDeep, offset: offset))
        }
        #expect(JSONText.error(nested(32, #"[{"a":"#, "}]")) == nil)
        #expect(JSONText.error(nested(33, #"[{"a":"#, "}]"))?.problem == .nestedTooDeep)
        #expect(JSONText.error("[" + String(repeating: "[[]],", count: 1_000) + "[]]") == nil)
    }

    @Test("An error's description names the problem and the offset, and quotes nothing")
    func description() {
        let error = JSONText.error(#"{"code":"SECRETCODE" SECRETTAIL}"#)
        #expect(error?.description == "expected ',' or the end of the object or array at byte offset 21")
    }

    @Test("Every byte is judged the same wherever it is in a string", arguments: 0..<20)
    func placesInAString(offset: Int) {
        for byte in UInt8.min ... .max {
            var text = [UInt8](repeating: UInt8(ascii: "!"), count: 20)
            text[offset] = byte
            let error = JSONText.error([UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")])
            let problem = error?.problem
            switch byte {
            case ..<0x20: #expect(error == JSONSyntaxError(problem: .controlCharacter, offset: offset + 1))
            case UInt8(ascii: "\""): #expect(problem == .trailingContent)
            case UInt8(ascii: "\\"): #expect(problem == (offset == 19 ? .unexpectedEnd : .malformedEscape))
            case ..<0x80: #expect(problem == nil)
            default: #expect(problem == .invalidUTF8)
            }
        }
    }
}
