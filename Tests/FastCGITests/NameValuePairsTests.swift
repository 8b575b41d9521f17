import Testing

@testable import FastCGI

struct NameValuePairsTests {
    typealias Params = FastCGIParams

    /// The pairs as `name=value`; nil if the bytes end within one.
    func read(_ bytes: [UInt8]) -> [String]? {
        bytes.withUnsafeBytes { bytes in
            var reader = NameValuePairs(bytes)
            var pairs: [String] = []
            do {
                while let (name, value) = try reader.next() {
                    pairs.append("\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
                }
                return pairs
            } catch {
                return nil
            }
        }
    }

    @Test(
        "Lengths have one byte or four, which may hold a small number, and bytes that end within a pair are refused",
        arguments: [
            (Params.pair("a", "b"), ["a=b"]), (Params.pair("a", "b", long: true), ["a=b"]),
            (Params.pair("", ""), ["="]), (Params.pair("", "", long: true), ["="]), ([], []),
            (Params.pair("a", "") + Params.pair("", "b") + Params.pair("c", "d", long: true), ["a=", "=b", "c=d"]),
            ([1, 0x80, 0, 0, 1, 0x41, 0x42], ["A=B"]), ([0x80, 0, 0, 1, 1, 0x41, 0x42], ["A=B"]),
            ([1], nil), ([1, 1], nil), ([1, 1, 0x41], nil), ([0x80], nil), ([0x80, 0, 0], nil), ([0, 1], nil),
            ([1, 0], nil), ([0, 0, 5], nil), ([0, 0x80, 0, 0], nil), ([0x80, 0, 0x80, 1], nil),
            (Params.length(0x7FFF_FFFF) + Params.length(0x7FFF_FFFF), nil), ([0] + Params.length(0x7FFF_FFFF), nil),
        ] as [([UInt8], [String]?)]
    )
    func pairs(bytes: [UInt8], pairs: [String]?) {
        #expect(read(bytes) == pairs)
    }

    @Test("Names and values of any length are read", arguments: [126, 127, 128, 255, 256, 65_536])
    func long(count: Int) {
        let text = String(repeating: "n", count: count)
        #expect(read(Params.pair(text, "v") + Params.pair("n", text)) == ["\(text)=v", "n=\(text)"])
    }
}
