/// A status and its JSON text, before any scripted fault.
///
/// The text is put together by hand, so that its keys have the order shown in Tiki's documentation ("Exchange auth code").
struct TikiAnswer: Equatable, Sendable {
    var status: Int
    var body: String

    /// The answer for a call that the script did not let be carried out.
    static let empty = TikiAnswer(status: 200, body: #"{"data":null,"error":null}"#)

    /// The failure envelope.
    static func failure(_ error: TikiError) -> TikiAnswer {
        let reason = JSONText.quoted(error.reason)
        let message = JSONText.quoted(error.message)
        return TikiAnswer(
            status: error.code,
            body: #"{"data":null,"error":{"code":\#(error.code),"reason":\#(reason),"message":\#(message)}}"#
        )
    }

    /// The answer to a successful exchange, or, without a customer, to a refresh.
    static func tokens(_ tokens: IssuedTokens, customer: Customer?) -> TikiAnswer {
        var members = [
            #""access_token":\#(JSONText.quoted(tokens.access))"#,
            #""expires_in":\#(tokens.lifetimeSeconds)"#,
        ]
        if let refresh = tokens.refresh {
            members.append(#""refresh_token":\#(JSONText.quoted(refresh))"#)
        }
        members.append(#""scopes":\#(JSONText.array(tokens.scopes))"#)
        members.append(#""token_type":"bearer""#)
        if let customer {
            members.append(#""customer":{"id":\#(customer.id),"name":\#(JSONText.quoted(customer.name))}"#)
        }
        return .success(members)
    }

    /// The answer to a successful info call.
    static func info(customer: Customer, scopes: [String]) -> TikiAnswer {
        .success([
            #""customer_id":\#(customer.id)"#,
            #""customer_name":\#(JSONText.quoted(customer.name))"#,
            #""scopes":\#(JSONText.array(scopes))"#,
        ])
    }

    private static func success(_ members: [String]) -> TikiAnswer {
        TikiAnswer(status: 200, body: #"{"data":{\#(members.joined(separator: ","))},"error":null}"#)
    }
}

/// A failure as in Tiki's envelope ("Error codes" in Tiki's documentation).
struct TikiError: Error, Equatable, Sendable {
    /// An HTTP status; the answer's status line carries the same one.
    var code: Int
    var reason: String
    var message: String

    /// A header of the call is missing or wrong. Tiki documents 400 for it, on each of the three calls.
    static func invalidSignature(_ message: String) -> TikiError {
        TikiError(code: 400, reason: "invalid_signature", message: message)
    }
}
