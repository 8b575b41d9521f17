import TestSupport

/// A mutated request, and how to send it. The same seed makes the same stream.
struct MutatedStream: Sendable {
    /// The peer's behaviour after the last byte.
    enum Ending {
        /// Sends an end-of-file and reads.
        case halfClose
        /// Reads, so that only the responder can end an unfinished request.
        case wait
        /// Closes without reading.
        case close
    }

    let writes: [[UInt8]]
    let ending: Ending

    /// - Parameters:
    ///   - samples: valid requests, one of which is mutated; not empty.
    ///   - seed: determines the mutations.
    init(of samples: [[UInt8]], seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            Self.mutate(&bytes, samples, &random)
        }
        let cuts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            Int.random(in: 0...bytes.count, using: &random)
        }
        let ends = [0] + cuts.sorted() + [bytes.count]
        writes = zip(ends, ends.dropFirst()).map { Array(bytes[$0..<$1]) }.filter { !$0.isEmpty }
        ending =
            switch Int.random(in: 0..<200, using: &random) {
            case 0: .wait
            case 1..<40: .close
            default: .halfClose
            }
    }

    private static let telling: [UInt8] = [0, 1, 2, 4, 5, 7, 8, 9, 0x7F, 0x80, 0xFE, 0xFF]

    private static func mutate(_ bytes: inout [UInt8], _ samples: [[UInt8]], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let range = start..<min(bytes.count, start + Int.random(in: 1...64, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[start] = telling[Int.random(in: 0..<telling.count, using: &random)]
        case 2: bytes[start] = .random(in: 0...255, using: &random)
        case 3: bytes.removeSubrange(range)
        case 4: bytes.insert(contentsOf: bytes[range], at: Int.random(in: 0...bytes.count, using: &random))
        case 5: bytes.removeLast(bytes.count - start)
        case 6: bytes += samples[Int.random(in: 0..<samples.count, using: &random)].suffix(start)
        default: mutateHeader(&bytes, &random)
        }
    }

    /// Changes one field of one record's header: codecs are most sensitive to framing.
    private static func mutateHeader(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        var headers: [Int] = []
        var position = 0
        while position + 8 <= bytes.count {
            headers.append(position)
            position += 8 + Int(bytes[position + 4]) << 8 + Int(bytes[position + 5]) + Int(bytes[position + 6])
        }
        guard !headers.isEmpty else { return }
        let header = headers[Int.random(in: 0..<headers.count, using: &random)]
        let field = header + Int.random(in: 0..<8, using: &random)
        bytes[field] = telling[Int.random(in: 0..<telling.count, using: &random)]
        // Half of the time the bytes that follow agree with it.
        if field == header + 6, Bool.random(using: &random) {
            let content = header + 8 + Int(bytes[header + 4]) << 8 + Int(bytes[header + 5])
            guard content <= bytes.count else { return }
            bytes.insert(contentsOf: [UInt8](repeating: 0xAA, count: Int(bytes[field])), at: content)
        }
    }
}
