import TestSupport
import Testing

@testable import Text

struct JSONUnicodeTests {
    func quoted(_ bytes: [UInt8]) -> [UInt8] { [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")] }

    @Test(
        "Half of a surrogate pair is refused at its backslash",
        arguments: [
            (#""\ud800""#, 1), (#""\udc00""#, 1), (#""ab\uD83E""#, 3), (#""\ud800a""#, 1), (#""\ud800\n""#, 1),
            (#""\ud800\u0041""#, 1), (#""\ud800\ud800""#, 1), (#""\ud83e\udde7\udc00""#, 13), (#""\udde7\ud83e""#, 1),
            (#""\ud800"#, 1), (#""\ud800\"#, 1), (#"{"\ud800":1}"#, 2),
        ] as [(String, Int)]
    )
    func loneSurrogates(text: String, offset: Int) {
        #expect(JSONText.error(text) == JSONSyntaxError(problem: .loneSurrogate, offset: offset))
    }

    @Test(
        "Half of a surrogate pair is copied as it is if lone surrogates are allowed",
        arguments: [
            #"["\ud800"]"#, #"["\udc00x"]"#, #"["\ud800\ud800\udc00"]"#, #"["\ud800\n\u0041"]"#, #"{"\ud800":1}"#,
        ]
    )
    func allowedLoneSurrogates(text: String) throws {
        var scanner = JSONScanner(Array(text.utf8), allowsLoneSurrogates: true)
        _ = try scanner.scan()
        #expect(scanner.compact == Array(text.utf8))
        scanner = JSONScanner(Array(#""\ud800\uzzzz""#.utf8), allowsLoneSurrogates: true)
        #expect(throws: JSONSyntaxError(problem: .malformedEscape, offset: 9)) { try scanner.scan() }
    }

    @Test(
        "Bytes that are not UTF-8 are refused where the character begins",
        arguments: [
            [0x80], [0xBF], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0xA7], [0xC3, 0x41], [0xF0, 0x9F, 0xA7, 0x28],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let expected = JSONSyntaxError(problem: .invalidUTF8, offset: 2)
        #expect(JSONText.error(quoted([0x61] + bytes)) == expected)
        #expect(JSONText.error(Array(quoted([0x61] + bytes).dropLast())) == expected, "cut off")
        #expect(JSONText.error(Array("{".utf8) + quoted(bytes) + Array(":1}".utf8)) == expected, "in a key")
    }

    @Test(
        "Surrogate pairs at the edges, and the first and the last character of every UTF-8 length are accepted",
        arguments: [
            #"\ud800\udc00"#, #"\uDBFF\uDFFF"#, #"\ud7ff\ue000"#, "\u{80}", "\u{7FF}", "\u{800}", "\u{FFF}", "\u{1000}",
            "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{3FFFF}", "\u{40000}", "\u{10FFFF}",
        ]
    )
    func valid(character: String) throws {
        #expect(try JSONText.compact("\"\(character)\"") == "\"\(character)\"")
    }

    @Test("UTF-8 validation agrees with Swift's own for all pairs of bytes and many sequences of four")
    func differential() {
        var random = SeededGenerator(seed: 3629)
        let pairs = (0x80...0xFF).flatMap { first in (0x20...0xFF).map { [UInt8(first), UInt8($0)] } }
        let quads = (0..<20_000).map { _ in (0..<4).map { _ in UInt8.random(in: 0x80...0xFF, using: &random) } }
        for bytes in pairs + quads where !bytes.contains(UInt8(ascii: "\"")) && !bytes.contains(UInt8(ascii: "\\")) {
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect((JSONText.error(quoted(bytes)) == nil) == isValid, "\(bytes)")
        }
    }
}
