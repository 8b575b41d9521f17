import Crypto
import Text

/// Turns tokens into what may be remembered of them: a name for a call, and a key that seals its answer.
///
/// Both come from a key of its own, so neither tells anything about the token, and an answer can be opened only by who
/// presents the token again.
struct TokenKeys: Sendable {
    private let keyed: KeyedHash<SHA512>

    /// - Parameter root: where everything is derived from; by default a random key that ends with the process.
    init(root: SymmetricKey = SymmetricKey(size: .bits256)) {
        keyed = KeyedHash(key: root)
    }

    /// - Parameters:
    ///   - route: the call's route. An auth code and a refresh token of the same text are two different things.
    ///   - token: the required key's value, its escapes resolved.
    func derive(_ route: AuthRoute, _ token: [UInt8]) -> CallKeys {
        keyed.code(for: [route.tag] + token).withUnsafeBytes { bytes in
            CallKeys(
                name: CallName(digest: bytes.loadUnaligned(as: SIMD4<UInt64>.self)),
                sealingKey: bytes.loadUnaligned(fromByteOffset: 32, as: SIMD4<UInt64>.self)
            )
        }
    }
}

/// The keys derived from a call's token: two halves of one code. Neither reveals the other.
struct CallKeys: Sendable {
    let name: CallName
    fileprivate let sealingKey: SIMD4<UInt64>

    /// The key that seals the call's answer.
    var seal: SymmetricKey { withUnsafeBytes(of: sealingKey) { SymmetricKey(data: $0) } }
}

/// What makes two calls the same: their route and their token, however the JSON around it is written. A digest, so that
/// no token is kept.
struct CallName: Hashable, Sendable {
    fileprivate let digest: SIMD4<UInt64>

    /// A digest is spread evenly: a quarter of it tells calls apart in a table.
    func hash(into hasher: inout Hasher) { hasher.combine(digest[0]) }

    /// In hexadecimal.
    var text: String { withUnsafeBytes(of: digest, Hexadecimal.encode) }
}

/// Recognizes a token. Short and cheap, where a mistake is as unlikely as one in 2⁶⁴ and costs no more than an entry.
struct TokenFingerprint: Hashable, Sendable {
    private let hash: Int

    init(_ token: [UInt8]) {
        // Keyed, with a key that ends with the process (SipHash).
        var hasher = Hasher()
        token.withUnsafeBytes { hasher.combine(bytes: $0) }
        hash = hasher.finalize()
    }
}

extension AuthRoute {
    fileprivate var tag: UInt8 {
        switch self {
        case .exchange: 0
        case .refresh: 1
        case .info: 2
        }
    }
}
