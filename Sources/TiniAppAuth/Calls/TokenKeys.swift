import Crypto
import Text

/// Derives from a token what may be kept in its place: a name for the call, and a key that seals its answer.
///
/// Neither reveals the token or the other, and an answer can be opened only with the token, so by a client that
/// sends it again.
struct TokenKeys: Sendable {
    /// An HMAC that has taken in only the root key so far. Each derivation continues from a copy of it.
    private let begun: HMAC<SHA512>

    /// - Parameter root: the key from which all others are derived; by default a random key that ends with the process.
    init(root: SymmetricKey = SymmetricKey(size: .bits256)) {
        begun = HMAC(key: root)
    }

    /// - Parameters:
    ///   - route: the call's route. An auth code and a refresh token with the same text get different keys.
    ///   - token: the required key's value, its escapes resolved.
    func derive(_ route: AuthRoute, _ token: [UInt8]) -> CallKeys {
        var code = begun
        ([route.tag] + token).withUnsafeBytes { code.update(data: $0) }
        return code.finalize().withUnsafeBytes { bytes in
            CallKeys(
                name: CallName(digest: bytes.loadUnaligned(as: HalfCode.self)),
                sealingBytes: bytes.loadUnaligned(fromByteOffset: 32, as: HalfCode.self)
            )
        }
    }
}

/// Half of a code: 32 bytes. Not a `SIMD4`, as all that holds one would have to be allocated in aligned memory, which is slow.
private struct HalfCode: Equatable {
    let first, second, third, fourth: UInt64
}

/// The keys derived from a call's token: two halves of one code. Neither reveals the other.
struct CallKeys: Sendable {
    let name: CallName
    fileprivate let sealingBytes: HalfCode

    /// The key that seals the call's answer.
    var sealingKey: SymmetricKey { withUnsafeBytes(of: sealingBytes) { SymmetricKey(data: $0) } }
}

/// Two calls are the same if their route and their token are, however the JSON around it is written. A digest, so that
/// no token is kept.
struct CallName: Hashable, Sendable {
    fileprivate let digest: HalfCode

    /// A digest is evenly distributed, so a quarter of it is enough as a hash.
    func hash(into hasher: inout Hasher) { hasher.combine(digest.first) }

    /// In hexadecimal.
    var text: String { withUnsafeBytes(of: digest, Hexadecimal.encode) }
}

extension TokenKeys {
    /// The same for all instances of an app, and only for them (RFC 5869).
    init(sharedBy credentials: ClientCredentials) {
        self.init(
            root: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Array(credentials.secret.utf8)),
                salt: Array(credentials.key.utf8),
                info: Array("tiniapp-auth-backend shared store".utf8),
                outputByteCount: 32
            )
        )
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
