import Testing

@testable import Text

struct JSONCompactionTests {
    @Test(
        "All four kinds of whitespace between tokens are removed",
        arguments: [
            (" { } ", "{}"), ("\t[\n1 ,\r\n2\t]\n", "[1,2]"),
            (#"{ "a" : { "b" : [ true , null ] } }"#, #"{"a":{"b":[true,null]}}"#),
            (#"  "x"  "#, #""x""#), (" 1 ", "1"), ("[ [ ] , { } ]", "[[],{}]"),
            // The order of keys, and keys that an inner object has twice, are kept.
            (
                #"{ "z":1, "a":{ "k":1, "k":2 }, "m":[ {"x":1,"x":1} ] }"#,
                #"{"z":1,"a":{"k":1,"k":2},"m":[{"x":1,"x":1}]}"#
            ),
        ] as [(String, String)]
    )
    func whitespace(text: String, compact: String) throws {
        #expect(try JSONText.compact(text) == compact)
    }

    @Test(
        "Numbers stay as they were written",
        arguments: [
            "0", "-0", "1e400", "-1e-400", "12345678901234567890", "1E+2", "1e2", "1.0", "0.10", "-0.0e-0", "1E05",
            "3.141592653589793238462643383279",
        ]
    )
    func numbers(number: String) throws {
        #expect(try JSONText.compact("{ \"n\" : \(number) }") == "{\"n\":\(number)}")
    }

    @Test(
        "Strings keep their escapes, raw UTF-8, whitespace and braces as they were written",
        arguments: [
            #""\u00e9""#, #""\u00E9""#, #""\/""#, "\"/\"", "\"é\"", "\"Hà Nội 🧧\"", #""\ud83e\udde7""#,
            #""\"\\\b\f\n\r\t""#, #""  a  b  ""#, #""{ \"a\" : [ 1 , 2 ] }""#, #"", : ""#, "\"\u{7F}\"", "\"\u{2028}\"",
            #""\u0000""#, "\"e\u{301}\"", #""\\u00e9""#,
        ]
    )
    func strings(string: String) throws {
        #expect(try Array(JSONText.compact(" [ \(string) ] ").utf8) == Array("[\(string)]".utf8))
        #expect(try Array(JSONText.compact("{ \(string) : 1 }").utf8) == Array("{\(string):1}".utf8))
    }

    @Test("The members are those of the outermost object, with their escapes resolved")
    func members() throws {
        var scanner = JSONScanner(Array(#"{"a":{"inner":1},"\u00e9\ud83e\udde7\/\n":"","b":[{"c":1}]}"#.utf8))
        _ = try scanner.scan()
        #expect(scanner.members.map { String(decoding: $0.key, as: UTF8.self) } == ["a", "é🧧/\n", "b"])
        #expect(scanner.members.map(\.value) == [.object, .string(isEmpty: true), .array])
    }
}
