import Foundation
import TestSupport
import Testing

@testable import Text

struct JSONPropertyTests {
    /// The fuzzer's seeds.
    static let seeds = Result {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../Fuzz/Corpus/json")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { [UInt8](try Data(contentsOf: $0)) }
    }

    /// Foundation is laxer in places, so the comparison goes one way: it must accept what we accept.
    @Test("Random mutations never crash, and Foundation accepts all JSON that we accept", arguments: UInt64(1)...8)
    func mutations(seed: UInt64) throws {
        let seeds = try Self.seeds.get()
        var random = SeededGenerator(seed: seed &* 7919)
        var accepted = 0
        for number in 0..<3_000 {
            var bytes = seeds[number % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
            var scanner = JSONScanner(bytes)
            guard (try? scanner.scan()) != nil else { continue }
            accepted += 1
            // Skips numbers beyond a double, which are JSON, but which Foundation cannot represent.
            let hasExponent = zip(bytes, bytes.dropFirst()).contains { $0.isASCIIDigit && $1 | 0x20 == 0x65 }
            guard !hasExponent else { continue }
            let original = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let compact = try? JSONSerialization.jsonObject(with: Data(scanner.compact), options: .fragmentsAllowed)
            #expect(original != nil, "\(String(decoding: bytes, as: UTF8.self))")
            #expect((original as? NSObject) == (compact as? NSObject))
        }
        #expect(accepted > 0)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(Array("{}[],:\"\\ue0-.1 \n".utf8).randomElement(using: &random) ?? 0, at: index)
        default: bytes.removeSubrange(index...)
        }
    }
}
