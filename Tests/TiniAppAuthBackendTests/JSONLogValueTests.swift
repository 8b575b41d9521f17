import Foundation
import Logging
import Testing

@testable import TiniAppAuthBackend

struct JSONLogValueTests {
    func json(_ value: Logger.MetadataValue) -> String {
        var json: [UInt8] = []
        JSONLogValue.append(value, to: &json)
        return String(decoding: json, as: UTF8.self)
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
        var json: [UInt8] = []
        JSONLogValue.append(members: ["b": .stringConvertible(fields), "a": "1", "c": "2"], to: &json)
        let expected = #""a":"1","z":-5,"y":12.50,"x":0.07,"w":true,"v":{"k":"v\u000a"},"c":"2""#
        #expect(String(decoding: json, as: UTF8.self) == expected)
        #expect(fields.metadata["z"] == .stringConvertible(-5))
        // With one field, since a dictionary has no order.
        #expect(inner.description == inner.metadata.description)
    }

    @Test("A nested entry is one line of JSON")
    func line() throws {
        let recorder = LogRecorder()
        recorder.logger().info("x", metadata: ["outer": .dictionary(["n": .stringConvertible(5)])])
        #expect(try recorder.fields()["outer"] as? [String: Int] == ["n": 5])
    }
}
