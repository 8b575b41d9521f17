import Crypto
import Text

/// Turns tokens into what may be remembered of them: a name for a call, and a key that seals its answer.
///
/// Both come from a key of its own, so neither tells anything about the token, and an answer can be opened only by who
/// presents the token again.
struct TokenKeys: Sendable {
    private let names: HMAC<SHA256>
    private let seals: HMAC<SHA256>

    /// - Parameter root: where everything is derived from; by default a random key that ends with the process.
    init(root: SymmetricKey = SymmetricKey(size: .bits256)) {
        // RFC 5869 section 2.3: independent keys out of one.
        func derived(_ label: String) -> HMAC<SHA256> {
            HMAC(key: HKDF<SHA256>.expand(pseudoRandomKey: root, info: Array(label.utf8), outputByteCount: 32))
        }
        names = derived("call")
        seals = derived("seal")
    }

    /// - Parameters:
    ///   - route: the call's route. An auth code and a refresh token of the same text are two different things.
    ///   - token: the required key's value, its escapes resolved.
    func callKey(_ route: AuthRoute, _ token: [UInt8]) -> CallKey {
        Self.code(names, route, token).withUnsafeBytes { bytes in
            CallKey(digest: bytes.loadUnaligned(as: SIMD4<UInt64>.self))
        }
    }

    /// The key that seals the answer to the call.
    func sealingKey(_ route: AuthRoute, _ token: [UInt8]) -> SymmetricKey {
        SymmetricKey(data: Self.code(seals, route, token))
    }

    private static func code(_ keyed: HMAC<SHA256>, _ route: AuthRoute, _ token: [UInt8]) -> HMAC<SHA256>.MAC {
        var code = keyed
        code.update(data: [UInt8(AuthRoute.allCases.firstIndex(of: route) ?? 0)])
        code.update(data: token)
        return code.finalize()
    }
}

/// What makes two calls the same: their route and their token, however the JSON around it is written. A digest, so that
/// no token is kept.
struct CallKey: Hashable, Sendable {
    fileprivate let digest: SIMD4<UInt64>
}
