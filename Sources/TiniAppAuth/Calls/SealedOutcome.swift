import Crypto
import FoundationEssentials
import NIOCore
import Upstream

/// What an app got at the end of a call, and when: only the call's token can open it (AES-GCM).
struct SealedOutcome: Sendable {
    /// Nonce, ciphertext and tag, in that order.
    let bytes: Data

    /// The bytes of an outcome that was sealed before.
    init(bytes: Data) {
        self.bytes = bytes
    }

    /// - Parameters:
    ///   - time: when the call ended, in Unix milliseconds.
    ///   - nonce: 12 bytes; never the same for two outcomes under one key.
    init(_ outcome: AuthOutcome, endedAt time: Int64, key: SymmetricKey, nonce: [UInt8]) {
        // Sealing does not fail with such a key and nonce. Were it to, nothing could open the outcome: it would stay in doubt.
        let nonce = try? AES.GCM.Nonce(data: nonce)
        let box = try? AES.GCM.seal(OutcomeCoding.encode(outcome, time), using: key, nonce: nonce)
        bytes = box?.combined ?? Data()
    }

    /// - Returns: nil if the key is not the outcome's, or if this program did not write it.
    func open(key: SymmetricKey) -> (outcome: AuthOutcome, endedAt: Int64)? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes), let content = try? AES.GCM.open(box, using: key) else {
            return nil
        }
        return OutcomeCoding.decode(Array(content))
    }
}

/// Nonces that never repeat within the process. They begin at random, since other processes use the same keys.
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

/// The bytes inside the seal: the time, the status (0 for no answer), three texts, each with its length before it, then the body.
/// Without an answer, the first text is the code of the failure, and the third the reason of the error.
enum OutcomeCoding {
    static func encode(_ outcome: AuthOutcome, _ time: Int64) -> [UInt8] {
        let answer: TikiAnswer?
        let texts: [String]
        switch outcome.result {
        case .success(let success):
            answer = success
            texts = [success.contentType, success.retryAfter ?? "", success.errorReason ?? ""]
        case .failure(let error):
            answer = nil
            texts = [outcome.failureCode ?? "", "", error.reason]
        }
        let status = UInt16(truncatingIfNeeded: answer?.status ?? 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(13 + texts.reduce(0) { $0 + $1.utf8.count } + (answer?.body.count ?? 0))
        withUnsafeBytes(of: time.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: status.bigEndian) { bytes.append(contentsOf: $0) }
        for text in texts {
            bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        if let answer { bytes.append(contentsOf: answer.body) }
        return bytes
    }

    /// - Returns: nil if the bytes were not written by ``encode(_:_:)``, as far as can be seen.
    static func decode(_ bytes: [UInt8]) -> (outcome: AuthOutcome, endedAt: Int64)? {
        var rest = bytes[...]
        guard rest.count >= 10 else { return nil }
        let time = Int64(bitPattern: rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        let status = rest.dropFirst(8).prefix(2).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(10)
        var texts: [String] = []
        for _ in 0..<3 {
            guard let count = rest.popFirst(), rest.count >= count,
                let text = String(validating: rest.prefix(Int(count)), as: UTF8.self)
            else { return nil }
            texts.append(text)
            rest = rest.dropFirst(Int(count))
        }
        guard status != 0 else { return (AuthOutcome(inDoubt: texts[0], texts[2]), time) }
        let answer = TikiAnswer(
            status: status,
            contentType: texts[0],
            body: Array(rest),
            retryAfter: texts[1].isEmpty ? nil : texts[1],
            errorReason: texts[2].isEmpty ? nil : texts[2]
        )
        return (AuthOutcome(result: .success(answer), token: answer.tokenState), time)
    }
}

extension AuthOutcome {
    /// For a request that comes after the call has ended.
    ///
    /// - Parameters:
    ///   - key: from the call's token.
    ///   - time: how long ago the call ended.
    init(_ sealed: SealedOutcome, key: SymmetricKey, ago time: TimeAmount) {
        // Its own process has sealed it. If it could not be opened, the token would be used up all the same.
        self = sealed.open(key: key)?.outcome ?? AuthOutcome(inDoubt: "", "")
        age = Int(time.nanoseconds / 1_000_000_000)
    }

    /// The outcome of a call that was sent and brought no answer that could be relayed.
    ///
    /// - Parameters:
    ///   - code: the failure's code, perhaps another version's.
    ///   - reason: the error's reason, likewise.
    init(inDoubt code: String, _ reason: String) {
        let errors: [AuthError] = [.upstreamTimeout, .upstreamUnavailable(retryAfter: nil)]
        let isKnown = Self.failureCodes.contains(code)
        self.init(
            result: .failure(errors.first { $0.reason == reason } ?? .upstreamInvalidResponse),
            failureCode: isKnown ? code : UpstreamFailure.connectionLost.code,
            token: .inDoubt
        )
    }
}
