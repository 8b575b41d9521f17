import FoundationEssentials

/// The one member of a call's body that the API reads. Other members are ignored, as Tiki's documentation says.
struct CallInput: Sendable {
    /// The code, refresh token or access token.
    let credential: String

    /// Throws the call's refusal if the body does not have that member.
    ///
    /// Tiki does not document its answer to a wrong content type or an unreadable body. The sandbox uses the documented
    /// reasons and puts the details in the message.
    init(_ call: TikiCall, headers: CallHeaders, body: [UInt8]) throws(TikiError) {
        guard headers.isJSON else {
            throw call.refusal("content type must be application/json")
        }
        guard let members = try? JSONDecoder().decode(Members.self, from: Data(body)) else {
            throw call.refusal("body is not a JSON object with the right members")
        }
        let (name, value) =
            switch call {
            case .exchange: ("code", members.code)
            case .refresh: ("refresh_token", members.refreshToken)
            case .info: ("access_token", members.accessToken)
            }
        guard let value else {
            throw call.refusal("body has no \(name)")
        }
        self.credential = value
    }

    private struct Members: Decodable {
        var code: String?
        var refreshToken: String?
        var accessToken: String?

        enum CodingKeys: String, CodingKey {
            case code
            case refreshToken = "refresh_token"
            case accessToken = "access_token"
        }
    }
}
