import Testing

@testable import Text

struct ASCIITests {
    @Test("Numbers are appended in decimal digits", arguments: [0, 7, 10, -1, 65_536, 1_790_000_000_123, .min, .max])
    func decimal(number: Int) {
        var text: [UInt8] = [0x20]
        text.append(decimal: number)
        #expect(String(decoding: text, as: UTF8.self) == " \(number)")
    }
}
