/// Codes and tokens, and the rules for their validity. A plain value: every operation is told the time.
///
/// Tiki does not document these rules. Its tokens look like those of Ory Hydra, whose rules these are:
/// - a code works once; using it again is refused and revokes what its first use issued;
/// - a refresh gives a new pair, and neither token of the old pair works any longer (Hydra revokes an opaque access
///   token together with the refresh token that it came with);
/// - using a spent refresh token is refused and revokes the whole chain, without a grace period.
///
/// Refresh tokens do not expire. Beyond its limits the store forgets the oldest grants and the oldest spent tokens.
struct TokenStore: Sendable {
    /// The kind of a string that the sandbox once issued, and the grant that it belongs to.
    private struct Owner {
        enum Kind { case code, access, refresh }
        let kind: Kind
        let grant: Int
    }

    private let codeLifetime: Int64
    private let tokenLifetimeSeconds: Int
    private let grantLimit: Int
    private var grants: [Int: Grant] = [:]
    private var nextGrant = 0
    private var owners: [String: Owner] = [:]
    private var spentRefreshTokens: RecentItems<String>

    init(codeLifetimeSeconds: Int, tokenLifetimeSeconds: Int, grantLimit: Int = 250_000, spentLimit: Int = 250_000) {
        self.codeLifetime = Int64(codeLifetimeSeconds) * 1000
        self.tokenLifetimeSeconds = tokenLifetimeSeconds
        self.grantLimit = grantLimit
        self.spentRefreshTokens = RecentItems(limit: spentLimit)
    }

    /// A new code, like those that `my.getAuthCode` gives the Tini App.
    mutating func makeCode(customer: Customer, scopes: [String], now: Int64) -> String {
        let code = Credential.make()
        self.forgetGrant(self.nextGrant - self.grantLimit)
        let expiry = now + self.codeLifetime
        self.grants[self.nextGrant] = Grant(customer: customer, scopes: scopes, code: code, codeExpiry: expiry)
        self.owners[code] = Owner(kind: .code, grant: self.nextGrant)
        self.nextGrant += 1
        return code
    }

    /// Trades a code for the first pair of tokens.
    mutating func exchange(code: String, now: Int64) throws(TikiError) -> (IssuedTokens, Customer) {
        guard let owner = self.owners[code], owner.kind == .code, let grant = self.grants[owner.grant] else {
            throw TikiCall.exchange.credentialRefused
        }
        if grant.codeIsSpent {
            self.revoke(owner.grant)
            throw TikiCall.exchange.credentialRefused
        }
        guard now < grant.codeExpiry else {
            throw TikiCall.exchange.credentialRefused
        }
        return (self.issue(owner.grant, grant, now: now), grant.customer)
    }

    /// Trades a refresh token for the next pair.
    mutating func refresh(token: String, now: Int64) throws(TikiError) -> IssuedTokens {
        guard let owner = self.owners[token], owner.kind == .refresh, let grant = self.grants[owner.grant] else {
            throw TikiCall.refresh.credentialRefused
        }
        guard grant.refresh == token else {
            self.revoke(owner.grant)
            throw TikiCall.refresh.credentialRefused
        }
        if let forgotten = self.spentRefreshTokens.append(token) {
            self.owners[forgotten] = nil
        }
        return self.issue(owner.grant, grant, now: now)
    }

    /// The customer and scopes of an access token.
    func info(token: String, now: Int64) throws(TikiError) -> (Customer, scopes: [String]) {
        guard let owner = self.owners[token], let grant = self.grants[owner.grant], grant.access == token,
            now < grant.accessExpiry
        else {
            throw TikiCall.info.credentialRefused
        }
        return (grant.customer, grant.scopes)
    }

    /// Gives the grant a new pair, in place of any old one.
    private mutating func issue(_ id: Int, _ old: Grant, now: Int64) -> IssuedTokens {
        var grant = old
        if let access = old.access { self.owners[access] = nil }
        let access = Credential.make()
        self.owners[access] = Owner(kind: .access, grant: id)
        let refresh = grant.scopes.contains("offline") ? Credential.make() : nil
        if let refresh { self.owners[refresh] = Owner(kind: .refresh, grant: id) }
        grant.codeIsSpent = true
        grant.access = access
        grant.accessExpiry = now + Int64(self.tokenLifetimeSeconds) * 1000
        grant.refresh = refresh
        self.grants[id] = grant
        return IssuedTokens(
            access: access,
            refresh: refresh,
            scopes: grant.scopes,
            lifetimeSeconds: self.tokenLifetimeSeconds
        )
    }

    /// Ends a chain: drops its tokens, but remembers its code as spent.
    private mutating func revoke(_ id: Int) {
        if let access = self.grants[id]?.access { self.owners[access] = nil }
        if let refresh = self.grants[id]?.refresh { self.owners[refresh] = nil }
        self.grants[id]?.access = nil
        self.grants[id]?.refresh = nil
    }

    private mutating func forgetGrant(_ id: Int) {
        guard let grant = self.grants[id] else { return }
        self.revoke(id)
        self.owners[grant.code] = nil
        self.grants[id] = nil
    }
}
