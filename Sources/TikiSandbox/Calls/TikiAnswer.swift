/// A status and the JSON text that goes with it, before any scripted fault has spoiled it.
///
/// The text is put together by hand, so that its keys stand in the order of Tiki's page ("Exchange auth code").
struct TikiAnswer: Equatable, Sendable {
    var status: Int
    var body: String

    /// An answer for a call that was, by script, not carried out and therefore has nothing to tell.
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

    /// The success of an exchange, or, without a customer, of a refresh.
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

    /// The success of an info call.
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
