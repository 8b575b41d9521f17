import TestSupport
import Testing

@testable import FastCGI

struct ParamsFramingTests {
    typealias Params = FastCGIParams

    func framing(_ bytes: [UInt8], maxBytes: Int = 1_000) -> (accepted: Bool, isAtEnd: Bool, pairs: Int) {
        var framing = ParamsFraming(maxBytes: maxBytes)
        let accepted = bytes.withUnsafeBytes { framing.consume($0) }
        return (accepted, framing.isAtPairBoundary, framing.pairs)
    }

    @Test(
        "Lengths have one byte or four, and the longer form may hold a small number",
        arguments: [
            (Params.pair("a", "b"), 1), (Params.pair("a", "b", long: true), 1), (Params.pair("", ""), 1),
            (Params.pair("", "", long: true), 1),
            (Params.pair(String(repeating: "n", count: 127), "v"), 1),
            (Params.pair(String(repeating: "n", count: 128), "v"), 1),
            (Params.pair("n", String(repeating: "v", count: 999)), 1),
            (Params.pair("a", "") + Params.pair("", "b") + Params.pair("c", "d", long: true), 3),
            ([1, 0x80, 0, 0, 1, 0x41, 0x42], 1), ([0x80, 0, 0, 1, 1, 0x41, 0x42], 1), ([], 0),
        ] as [([UInt8], Int)]
    )
    func wellFormed(bytes: [UInt8], pairs: Int) {
        let result = framing(bytes)
        #expect(result.accepted && result.isAtEnd && result.pairs == pairs)
    }

    @Test(
        "A stream that stops within a pair is not at a boundary",
        arguments: [[1], [1, 1], [1, 1, 0x41], [0x80], [0x80, 0, 0], [0, 1], [1, 0], [0, 0, 5], [0, 0x80, 0, 0]]
            as [[UInt8]]
    )
    func unfinished(bytes: [UInt8]) {
        let result = framing(bytes)
        #expect(result.accepted && !result.isAtEnd)
    }

    @Test("A name or value longer than the limit is refused, and one of exactly the limit is accepted")
    func limit() {
        #expect(framing(Params.length(1_000)).accepted)
        #expect(!framing(Params.length(1_001)).accepted)
        #expect(framing([0] + Params.length(1_000)).accepted)
        #expect(!framing([0] + Params.length(1_001)).accepted)
    }

    @Test("The largest possible lengths are refused")
    func greatest() {
        #expect(!framing(Params.length(0x7FFF_FFFF) + Params.length(0x7FFF_FFFF), maxBytes: 32_768).accepted)
        #expect(!framing([0] + Params.length(0x7FFF_FFFF), maxBytes: 32_768).accepted)
    }

    @Test("Ten thousand empty pairs are counted")
    func empty() {
        #expect(framing([UInt8](repeating: 0, count: 20_000)).pairs == 10_000)
    }

    @Test("Params that arrive byte by byte give the same pairs and boundaries")
    func byteByByte() {
        let bytes =
            Params.pair("a", "b", long: true) + Params.pair("", "")
            + Params.pair("name", String(repeating: "v", count: 200))
        var framing = ParamsFraming(maxBytes: 1_000)
        var boundaries: [Int] = []
        for (index, byte) in bytes.enumerated() {
            #expect([byte].withUnsafeBytes { framing.consume($0) })
            if framing.isAtPairBoundary { boundaries.append(index + 1) }
        }
        #expect(framing.pairs == 3)
        #expect(boundaries == [10, 12, bytes.count])
    }
}
