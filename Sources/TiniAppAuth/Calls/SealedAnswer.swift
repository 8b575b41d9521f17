import Crypto
import FoundationEssentials

/// An answer that only the token of its call can open (AES-GCM).
struct SealedAnswer: Sendable {
    /// Nonce, ciphertext and tag, in that order.
    let bytes: Data

    /// The bytes of an answer that was sealed before.
    init(bytes: Data) {
        self.bytes = bytes
    }

    /// - Parameter nonce: 12 bytes; never the same for two answers under one key.
    init(_ answer: TikiAnswer, key: SymmetricKey, nonce: [UInt8]) throws {
        let box = try AES.GCM.seal(answer.encoded, using: key, nonce: AES.GCM.Nonce(data: nonce))
        // nil only for nonces of another size.
        bytes = box.combined ?? Data()
    }

    /// - Returns: nil if the key is not the answer's.
    func open(key: SymmetricKey) -> TikiAnswer? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes), let content = try? AES.GCM.open(box, using: key) else {
            return nil
        }
        return TikiAnswer(encoded: Array(content))
    }
}

/// Nonces that never repeat within the process, from a random beginning: others that use the same keys have another.
struct NonceCounter {
    private var high = UInt32.random(in: .min ... .max)
    private var low = UInt64.random(in: .min ... .max)

    /// The next one: 12 bytes.
    mutating func next() -> [UInt8] {
        low &+= 1
        if low == 0 { high &+= 1 }
        return withUnsafeBytes(of: (low, high)) { Array($0.prefix(12)) }
    }
}

extension TikiAnswer {
    /// Status, then the texts, each with its length before it, then the body.
    fileprivate var encoded: [UInt8] {
        let texts = [contentType, retryAfter ?? "", errorReason ?? ""]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + texts.reduce(0) { $0 + $1.utf8.count } + body.count)
        bytes.append(UInt8(truncatingIfNeeded: status >> 8))
        bytes.append(UInt8(truncatingIfNeeded: status))
        for text in texts {
            bytes.append(UInt8(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(contentsOf: body)
        return bytes
    }

    fileprivate init?(encoded bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.count >= 2 else { return nil }
        let status = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
        var texts: [String] = []
        for _ in 0..<3 {
            guard let count = rest.popFirst(), rest.count >= count else { return nil }
            texts.append(String(decoding: rest.prefix(Int(count)), as: UTF8.self))
            rest.removeFirst(Int(count))
        }
        self.init(
            status: status,
            contentType: texts[0],
            body: Array(rest),
            retryAfter: texts[1].isEmpty ? nil : texts[1],
            errorReason: texts[2].isEmpty ? nil : texts[2]
        )
    }
}
