import Testing

@testable import Text

struct JSONPayloadTests {
    static let longestKey = String(repeating: "k", count: 32)

    func error(_ body: String) -> JSONPayload.Problem? {
        do {
            _ = try JSONPayload(Array(body.utf8), requiring: "code")
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "The whole object is kept in compact form, with extra keys and their order",
        arguments: [
            (#"{"code":"a.b"}"#, #"{"code":"a.b"}"#),
            (#" { "x" : 1e400 , "code" : "a b" } "#, #"{"x":1e400,"code":"a b"}"#),
            (#"{"\u0063ode":"a"}"#, #"{"\u0063ode":"a"}"#), (#"{"code":"\u0000"}"#, #"{"code":"\u0000"}"#),
            (#"{"code":"a","Code":"b","code ":"c"}"#, #"{"code":"a","Code":"b","code ":"c"}"#),
            (#"{"code":"a","x":{"code":1,"code":2}}"#, #"{"code":"a","x":{"code":1,"code":2}}"#),
        ] as [(String, String)]
    )
    func accepted(body: String, payload: String) throws {
        #expect(try JSONPayload(Array(body.utf8), requiring: "code").bytes == Array(payload.utf8))
    }

    static let bodies: [(bodies: [String], problem: JSONPayload.Problem)] = [
        (["", " ", "\r\n\t ", "{}", " {} ", "{ }", "[]", "[ ]", "null", " null\n"], .empty),
        (["\"\"", "0", " 0 ", "false"], .empty),
        (["[1]", "[{}]", "\"code\"", "\" {} \"", "\" \"", "1", "-0", "0.0", "0e1", "0.5", "true"], .notAnObject),
        ([#"[{"code":"a"}]"#], .notAnObject),
        ([#"{"x":1}"#, #"{"Code":"a"}"#, #"{"code ":"a"}"#, #"{"data":{"code":"a"}}"#], .missingKey("code")),
        ([#"{"c\u043ede":"a"}"#, #"{"":"a"}"#], .missingKey("code")),
        (
            ["1", "0", "null", "true", "false", "\"\"", "{}", "[]", #"["a"]"#, #"{"code":"a"}"#, "1e5"].map {
                #"{"code": \#($0) }"#
            }, .invalidValue("code")
        ),
        // Before its value is checked, however it is escaped.
        ([#"{"code":"a","code":"a"}"#, #"{"code":"a","\u0063ode":"b"}"#], .duplicateKey("code")),
        ([#"{"\u0063\u006fde":"a","code":1}"#], .duplicateKey("code")),
        ([#"{"x":1,"x":2}"#], .duplicateKey("x")), ([#"{"code":"a","_A9":1,"_A9":1}"#], .duplicateKey("_A9")),
        ([#"{"code":"a","":1,"":2}"#], .duplicateKey("")),
    ]

    @Test(
        "Without content, an object, the key in the outermost object or text under it, or with a key twice: refused",
        arguments: bodies
    )
    func refused(bodies: [String], problem: JSONPayload.Problem) {
        for body in bodies { #expect(error(body) == problem, "\(body)") }
    }

    @Test(
        "Malformed JSON is refused, even with a good key in it, and so is white space that JSON does not have",
        arguments: [
            #"{"code":"a",}"#, #"{"code":"a"} x"#, "\u{FEFF}{\"code\":\"a\"}", "{'code':'a'}", "NaN", "{", "undefined",
            "code=a", "\u{B}", "\u{C}", "\u{A0}", "\0",
        ]
    )
    func invalidJSON(body: String) throws {
        let syntaxError = try #require(JSONText.error(body))
        #expect(error(body) == .notJSON(syntaxError))
    }

    @Test(
        "A duplicate key that is odd, or may be a code or token, is not repeated in the problem; one of 32 letters is",
        arguments: [
            "aB3dEf.gH1jKl", longestKey, longestKey + "k", "a b", "é", "a\\\"b", "a\\u000ab", "<b>", "a-b", "🧧",
        ]
    )
    func odderDuplicateKeys(key: String) {
        #expect(error(#"{"\#(key)":1,"\#(key)":1}"#) == .duplicateKey(key == Self.longestKey ? key : nil))
    }
}
