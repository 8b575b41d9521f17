import Testing

@testable import TiniAppAuth

struct TokenOwnerTests {
    static let longest = String(repeating: "a", count: 64)

    func owner(_ body: String, status: Int = 200, reason: String? = nil) -> TokenOwner? {
        TokenOwner(TikiAnswer(status: status, body: Array(body.utf8), errorReason: reason))
    }

    @Test(
        "The customer and the scopes are found in every form that is safe in a header field",
        arguments: [
            (#"{"data":{"customer_id":1,"scopes":["offline","user_profile"]}}"#, "1", "offline user_profile"),
            (#"{"data":{"customer_id":"c-1.x_y","scopes":[]}}"#, "c-1.x_y", ""),
            (#"{"data":{"customer_id":7}}"#, "7", ""),
            (#"{"data":{"customer_id":"\#(longest)"}}"#, longest, ""),
            (#"{"data":{"customer_id":12345678901234567890}}"#, "12345678901234567890", ""),
            (#"{ "data" : { "scopes" : [ "a:b" , "c/d" ] , "customer_id" : 12 } }"#, "12", "a:b c/d"),
        ]
    )
    func found(body: String, customerID: String, scopes: String) {
        let owner = owner(body)
        #expect(owner?.customerID == customerID)
        #expect(owner?.scopes == scopes)
    }

    @Test(
        "An answer that does not name a customer, or not in a safe form, has no owner",
        arguments: [
            "{}", "[]", #"{"data":null}"#, #"{"data":{"scopes":[]}}"#, #"{"data":{"customer_id":null}}"#,
            #"{"data":{"customer_id":true}}"#, #"{"data":{"customer_id":""}}"#, #"{"data":{"customer_id":-1}}"#,
            #"{"data":{"customer_id":1.5}}"#, #"{"data":{"customer_id":[1]}}"#, #"{"data":{"customer_id":"a b"}}"#,
            #"{"data":{"customer_id":"1\r\nX: y"}}"#, #"{"data":{"customer_id":1,"scopes":"a"}}"#,
            #"{"data":{"customer_id":1,"scopes":[1]}}"#, #"{"data":{"customer_id":1,"scopes":["a b"]}}"#,
            #"{"data":{"customer_id":"1,2"}}"#, #"{"data":{"customer_id":1,"scopes":["a\nX: y"]}}"#,
            #"{"data":{"customer_id":1,"scopes":["a\\b"]}}"#, #"{"data":{"customer_id":"\#(longest)a"}}"#,
            #"{"data":{"customer_id":1,"scopes":[["a"]]}}"#,
        ]
    )
    func missing(body: String) {
        #expect(owner(body) == nil)
    }

    @Test("An error has no owner, whatever else it holds")
    func error() {
        let body = #"{"data":{"customer_id":1}}"#
        #expect(owner(body, status: 201) == nil && owner(body, status: 400) == nil)
        #expect(owner(body, reason: "invalid_token") == nil)
    }
}
