import Foundation
import Logging
import Testing

@testable import TiniAppAuthBackend

struct JSONValueTests {
    func json(_ value: Logger.MetadataValue) -> String {
        JSONLine.text(LogFields.Value(value))
    }

    @Test("Numbers and booleans stay what they are, and text that looks like one stays text")
    func scalars() {
        #expect(json(.stringConvertible(-12)) == "-12")
        #expect(json(.stringConvertible(Int64.max)) == "9223372036854775807")
        #expect(json(.stringConvertible(1.25)) == "1.25")
        #expect(json(.stringConvertible(1e-9)) == "1e-09")
        #expect(json(.stringConvertible(0.0)) == "0.0")
        #expect(json(.stringConvertible(true)) == "true")
        #expect(json(.stringConvertible(false)) == "false")
        #expect(json(.string("12")) == #""12""#)
        #expect(json(.string("true")) == #""true""#)
    }

    @Test("A number that JSON cannot express becomes text", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        #expect(json(.stringConvertible(number)) == "\"\(number)\"")
    }

    @Test("Dictionaries become objects sorted by name, and arrays stay arrays, at any depth")
    func nested() {
        let value: Logger.MetadataValue = .dictionary([
            "b": .array([.stringConvertible(1), "x", .array([]), .dictionary([:])]), "a\"\n": "c\u{0}",
        ])
        #expect(json(value) == #"{"a\"\u000a":"c\u0000","b":[1,"x",[],{}]}"#)
    }

    @Test("Any other value becomes its description")
    func described() {
        #expect(json(.stringConvertible(Duration.seconds(1))) == "\"\(Duration.seconds(1))\"")
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
