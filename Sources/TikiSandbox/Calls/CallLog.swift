/// The calls received, so that a test can prove that a call was sent at most once. Holds no code, token or signature.
struct CallLog: Sendable {
    /// One call as it was received.
    struct Entry: Encodable, Equatable, Sendable {
        var path: String
        var signatureOK: Bool
        /// Whether it could spend a code or rotate a token: false if a fault came before the call.
        var carriedOut: Bool
        /// The status of the call's result, even if a fault hid it from the caller; absent if it was not carried out.
        var status: Int?

        enum CodingKeys: String, CodingKey {
            case path
            case signatureOK = "signature_ok"
            case carriedOut = "carried_out"
            case status
        }
    }

    private(set) var count = 0
    private(set) var countByPath: [String: Int] = [:]
    private var recent = RecentItems<Entry>(limit: 1000)

    mutating func append(_ entry: Entry) {
        self.count += 1
        self.countByPath[entry.path, default: 0] += 1
        self.recent.append(entry)
    }

    /// The last thousand calls, the oldest first.
    var entries: [Entry] { self.recent.inOrder }
}
