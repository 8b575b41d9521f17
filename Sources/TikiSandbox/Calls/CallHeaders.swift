import NIOHTTP1

/// The four headers that every call to Tiki carries ("Calculate signature" in Tiki's documentation).
///
/// The values of a repeated header are joined with a comma (RFC 9110, section 5.3), which no check accepts here.
struct CallHeaders: Equatable, Sendable {
    var clientID: String?
    var timestamp: String?
    var signature: String?
    var contentType: String?
}

extension CallHeaders {
    init(_ fields: HTTPHeaders) {
        self.init()
        for field in fields {
            switch field.name.lowercased() {
            case "x-tiniapp-client-id": Self.add(field.value, to: &self.clientID)
            case "x-tiniapp-timestamp": Self.add(field.value, to: &self.timestamp)
            case "x-tiniapp-signature": Self.add(field.value, to: &self.signature)
            case "content-type": Self.add(field.value, to: &self.contentType)
            default: break
            }
        }
    }

    private static func add(_ value: String, to joined: inout String?) {
        joined = joined.map { "\($0), \(value)" } ?? value
    }

    /// Whether the content type is JSON; parameters such as a charset may follow it.
    var isJSON: Bool {
        guard let contentType = self.contentType else { return false }
        let mediaType = contentType.prefix { $0 != ";" && $0 != " " }
        return mediaType.lowercased() == "application/json"
    }
}
