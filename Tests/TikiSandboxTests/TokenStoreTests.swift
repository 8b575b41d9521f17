import Testing

@testable import TikiSandbox

/// What other tests rely on: that a code or token which they send twice, or too late, does harm.
struct TokenStoreTests {
    var store = TokenStore(codeLifetimeSeconds: 600, tokenLifetimeSeconds: 3600)

    mutating func makeCode() -> String {
        self.store.makeCode(customer: Customer(id: 7, name: "Bé Na"), scopes: ["offline"], now: 0)
    }

    mutating func login(now: Int64 = 0) throws -> IssuedTokens {
        try self.store.exchange(code: self.makeCode(), now: now).0
    }

    mutating func refresh(_ tokens: IssuedTokens, now: Int64 = 0) throws -> IssuedTokens {
        try self.store.refresh(token: #require(tokens.refresh), now: now)
    }

    @Test("A second use of a code is refused and revokes tokens refreshed since, even after the code has expired")
    mutating func codeReuse() throws {
        let code = self.makeCode()
        let (first, _) = try self.store.exchange(code: code, now: 0)
        let second = try self.refresh(first)
        #expect(throws: TikiCall.exchange.credentialRefused) { try self.store.exchange(code: code, now: 700_000) }
        #expect(throws: TikiCall.info.credentialRefused) { try self.store.info(token: second.access, now: 700_000) }
    }

    @Test("A refresh ends the old pair of tokens, and a second one with it revokes the whole chain")
    mutating func refreshReuse() throws {
        let first = try self.login()
        let second = try self.refresh(first)
        #expect(throws: TikiCall.info.credentialRefused) { try self.store.info(token: first.access, now: 0) }
        let third = try self.refresh(second)
        _ = try self.store.info(token: third.access, now: 0)
        #expect(throws: TikiCall.refresh.credentialRefused) { try self.refresh(first) }
        #expect(throws: TikiError.self) { try self.store.info(token: third.access, now: 0) }
        #expect(throws: TikiError.self) { try self.refresh(third) }
    }

    @Test("A code or an access token is refused once it has expired, and a refresh token still works")
    mutating func expiry() throws {
        let late = self.makeCode()
        let tokens = try self.login(now: 599_999)
        #expect(throws: TikiCall.exchange.credentialRefused) { try self.store.exchange(code: late, now: 600_000) }
        _ = try self.store.info(token: tokens.access, now: 4_199_998)
        #expect(throws: TikiCall.info.credentialRefused) { try self.store.info(token: tokens.access, now: 4_199_999) }
        _ = try self.refresh(tokens, now: 4_199_999)
    }
}
