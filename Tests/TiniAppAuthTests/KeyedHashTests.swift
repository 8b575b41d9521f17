import Crypto
import Testing

@testable import TiniAppAuth

struct KeyedHashTests {
    @Test("The code equals the library's HMAC, for keys and messages around every block boundary", arguments: 0...10)
    func agrees(step: Int) {
        for keyLength in [0, 1, 63, 64, 65, 127, 128, 129, 200] {
            for length in [0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 1_000].map({ $0 + step }) {
                let key = SymmetricKey(data: (0..<keyLength).map { UInt8(truncatingIfNeeded: $0 * 7 + step) })
                let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 11) }
                #expect(
                    Array(KeyedHash<SHA256>(key: key).code(for: message))
                        == Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
                )
                #expect(
                    Array(KeyedHash<SHA512>(key: key).code(for: message))
                        == Array(HMAC<SHA512>.authenticationCode(for: message, using: key))
                )
            }
        }
    }
}
