import Crypto

/// HMAC (RFC 2104) with a key that is used again and again: the two beginnings with the key in them are kept.
///
/// The library's own gives the same codes; its way of taking bytes costs as much again as the hash.
struct KeyedHash<Hash: HashFunction & Sendable>: Sendable where Hash.Digest: Sendable {
    private let inner: Hash
    private let outer: Hash

    init(key: SymmetricKey) {
        func begun(_ pad: UInt8) -> Hash {
            var bytes = key.withUnsafeBytes { key in
                key.count > Hash.blockByteCount ? Array(Hash.hash(data: Array(key))) : Array(key)
            }
            bytes += Array(repeating: 0, count: Hash.blockByteCount - bytes.count)
            var hash = Hash()
            hash.update(data: bytes.map { $0 ^ pad })
            return hash
        }
        inner = begun(0x36)
        outer = begun(0x5C)
    }

    /// The code of a message.
    func code(for message: [UInt8]) -> Hash.Digest {
        var inner = inner
        message.withUnsafeBytes { inner.update(bufferPointer: $0) }
        var outer = outer
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize()
    }
}
