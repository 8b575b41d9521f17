/// The Tiki customer that a code was made for.
struct Customer: Equatable, Sendable {
    var id: Int
    var name: String
}

/// The tokens that a successful exchange or refresh issues.
struct IssuedTokens: Equatable, Sendable {
    var access: String
    /// Only with the scope `offline`.
    var refresh: String?
    var scopes: [String]
    var lifetimeSeconds: Int
}

/// One login: the code it started with and the pair of tokens that is valid now. Revoking it ends the whole chain.
struct Grant: Sendable {
    let customer: Customer
    let scopes: [String]
    let code: String
    /// In milliseconds since 1970, like all times here.
    let codeExpiry: Int64
    var codeIsSpent = false
    var access: String?
    var accessExpiry: Int64 = 0
    var refresh: String?

    init(customer: Customer, scopes: [String], code: String, codeExpiry: Int64) {
        self.customer = customer
        self.scopes = scopes
        self.code = code
        self.codeExpiry = codeExpiry
    }
}
