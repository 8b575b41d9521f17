/// The value that the store holds under a key.
enum StoreValue: Equatable {
    /// An instance has claimed the call.
    case claim(owner: [UInt8])
    /// The call's outcome, sealed: only the caller can read it.
    case answer([UInt8])
    /// The call was sent, and its outcome is not known. The reason is a stable code.
    case unknown(reason: [UInt8])

    private static let claimPrefix = Array("claim:".utf8)
    private static let answerPrefix = Array("answer:".utf8)
    private static let unknownPrefix = Array("unknown:".utf8)

    var bytes: [UInt8] {
        switch self {
        case .claim(let owner): Self.claimPrefix + owner
        case .answer(let sealed): Self.answerPrefix + sealed
        case .unknown(let reason): Self.unknownPrefix + reason
        }
    }

    /// - Returns: nil if this program did not write the value.
    init?(_ bytes: [UInt8]) {
        if bytes.starts(with: Self.claimPrefix) {
            self = .claim(owner: Array(bytes.dropFirst(Self.claimPrefix.count)))
        } else if bytes.starts(with: Self.answerPrefix) {
            self = .answer(Array(bytes.dropFirst(Self.answerPrefix.count)))
        } else if bytes.starts(with: Self.unknownPrefix) {
            self = .unknown(reason: Array(bytes.dropFirst(Self.unknownPrefix.count)))
        } else {
            return nil
        }
    }
}
