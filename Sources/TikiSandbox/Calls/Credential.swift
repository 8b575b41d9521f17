/// Makes codes and tokens in Tiki's form: two URL-safe base64 parts separated by a dot.
enum Credential {
    /// A new code or token: 256 random bits on either side of the dot, from the system's cryptographic source.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return self.part(&generator) + "." + self.part(&generator)
    }

    private static func part(_ generator: inout SystemRandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word: UInt64 = generator.next()
            withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
        }
        return String(decoding: Base64URL.encode(bytes), as: UTF8.self)
    }
}
