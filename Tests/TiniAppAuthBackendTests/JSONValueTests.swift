import Logging
import Testing

@testable import TiniAppAuthBackend

struct JSONValueTests {
    @Test(
        "Numbers, booleans, arrays and dictionaries stay what they are, and anything else is text",
        arguments: [
            (.stringConvertible(-12), "-12"), (.stringConvertible(Int64.max), "9223372036854775807"),
            (.stringConvertible(1.25), "1.25"), (.stringConvertible(1e-9), "1e-09"), (.stringConvertible(0.0), "0.0"),
            (.stringConvertible(true), "true"), (.stringConvertible(false), "false"),
            (.string("12"), #""12""#), (.string("true"), #""true""#),
            // JSON cannot express these.
            (.stringConvertible(Double.nan), #""nan""#), (.stringConvertible(Double.infinity), #""inf""#),
            (.stringConvertible(-Double.infinity), #""-inf""#),
            (.stringConvertible(Duration.seconds(1)), "\"\(Duration.seconds(1))\""),
            // Sorted by name, at any depth.
            (
                .dictionary([
                    "b": .array([.stringConvertible(1), "x", .array([]), .dictionary([:])]),
                    "a\"/\u{7F}\n": "c\u{0}",
                ]),
                "{\"a\\\"/\u{7F}\\u000a\":\"c\\u0000\",\"b\":[1,\"x\",[],{}]}"
            ),
        ] as [(Logger.MetadataValue, String)]
    )
    func values(value: Logger.MetadataValue, json: String) {
        #expect(JSONLine.text(LogFields.Value(value)) == json)
    }

    @Test("Fields in a fixed order keep it among other fields, and hold all kinds of values")
    func fixedOrder() throws {
        var inner = LogFields(capacity: 1)
        inner.append("k", .text("v\n"))
        var fields = LogFields(capacity: 6)
        fields.append("z", .number(-5))
        fields.append("y", .hundredths(1_250))
        fields.append("x", .hundredths(7))
        fields.append("w", .flag(true))
        fields.append("v", .fields(inner))
        fields.append("u", nil as String?)
        var all = LogFields(["b": "2", "a": "1"])
        all.append(fields)
        let expected = #"{"a":"1","b":"2","z":-5,"y":12.50,"x":0.07,"w":true,"v":{"k":"v\u000a"}}"#
        #expect(JSONLine.text(.fields(all)) == expected)
    }
}
