import Testing

@testable import TikiSandbox

struct TokenStoreTests {
    let customer = Customer(id: 7, name: "Bé Na")
    let scopes = ["offline", "user_profile"]
    var store = TokenStore(codeLifetimeSeconds: 600, tokenLifetimeSeconds: 3600)

    mutating func makeCode(scopes: [String]? = nil, now: Int64 = 0) -> String {
        self.store.makeCode(customer: self.customer, scopes: scopes ?? self.scopes, now: now)
    }

    mutating func login() throws -> IssuedTokens { try self.store.exchange(code: self.makeCode(), now: 0).0 }

    mutating func refresh(_ tokens: IssuedTokens, now: Int64 = 0) throws -> IssuedTokens {
        try self.store.refresh(token: #require(tokens.refresh), now: now)
    }

    @Test("A code has two URL-safe parts separated by a dot, and no two codes are the same")
    mutating func codeForm() {
        let codes = (0..<200).map { _ in self.makeCode() }
        #expect(Set(codes).count == codes.count)
        for code in codes {
            let parts = code.split(separator: ".", omittingEmptySubsequences: false)
            #expect(parts.map(\.count) == [43, 43])
            #expect(code.wholeMatch(of: /[A-Za-z0-9_.-]+/) != nil)
        }
    }

    @Test("A code gives a pair of tokens and its customer")
    mutating func exchange() throws {
        let (tokens, customer) = try self.store.exchange(code: self.makeCode(), now: 0)
        #expect(customer == self.customer)
        #expect(tokens.scopes == self.scopes)
        #expect(tokens.lifetimeSeconds == 3600)
        #expect(tokens.refresh != nil)
        let (owner, scopes) = try self.store.info(token: tokens.access, now: 0)
        #expect(owner == self.customer)
        #expect(scopes == self.scopes)
    }

    @Test("A second use of a code is refused and revokes the tokens of the first")
    mutating func codeReuse() throws {
        let code = self.makeCode()
        let (tokens, _) = try self.store.exchange(code: code, now: 0)
        #expect(throws: TikiCall.exchange.credentialRefused) { try self.store.exchange(code: code, now: 0) }
        #expect(throws: TikiCall.info.credentialRefused) { try self.store.info(token: tokens.access, now: 0) }
        #expect(throws: TikiCall.refresh.credentialRefused) { try self.refresh(tokens) }
    }

    @Test("A second use of a code revokes tokens refreshed since then, even after the code has expired")
    mutating func codeReuseAfterRefresh() throws {
        let code = self.makeCode()
        let (first, _) = try self.store.exchange(code: code, now: 0)
        let second = try self.refresh(first)
        #expect(throws: TikiError.self) { try self.store.exchange(code: code, now: 700_000) }
        #expect(throws: TikiError.self) { try self.store.info(token: second.access, now: 700_000) }
    }

    @Test("A code is refused once it has expired")
    mutating func expiredCode() throws {
        let early = self.makeCode()
        let late = self.makeCode()
        _ = try self.store.exchange(code: early, now: 599_999)
        #expect(throws: TikiCall.exchange.credentialRefused) { try self.store.exchange(code: late, now: 600_000) }
    }

    @Test("A refresh gives a new pair of tokens and ends the old one")
    mutating func rotation() throws {
        let first = try self.login()
        let second = try self.refresh(first)
        #expect(second.access != first.access)
        #expect(second.refresh != first.refresh)
        #expect(second.scopes == first.scopes)
        #expect(throws: TikiCall.info.credentialRefused) { try self.store.info(token: first.access, now: 0) }
        _ = try self.store.info(token: second.access, now: 0)
        _ = try self.refresh(second)
    }

    @Test("A spent refresh token is refused and revokes the whole chain")
    mutating func refreshReuse() throws {
        let first = try self.login()
        let second = try self.refresh(first)
        let third = try self.refresh(second)
        #expect(throws: TikiCall.refresh.credentialRefused) { try self.refresh(first) }
        #expect(throws: TikiError.self) { try self.store.info(token: third.access, now: 0) }
        #expect(throws: TikiError.self) { try self.refresh(third) }
    }

    @Test("An access token is refused once it has expired, and its refresh token still works")
    mutating func expiredAccessToken() throws {
        let (tokens, _) = try self.store.exchange(code: self.makeCode(), now: 1000)
        _ = try self.store.info(token: tokens.access, now: 3_600_999)
        #expect(throws: TikiCall.info.credentialRefused) {
            try self.store.info(token: tokens.access, now: 3_601_000)
        }
        _ = try self.refresh(tokens, now: 3_601_000)
    }

    @Test("A code or token used in place of another kind is refused and stays valid")
    mutating func wrongKind() throws {
        let code = self.makeCode()
        #expect(throws: TikiError.self) { try self.store.refresh(token: code, now: 0) }
        #expect(throws: TikiError.self) { try self.store.info(token: code, now: 0) }
        let (tokens, _) = try self.store.exchange(code: code, now: 0)
        let refresh = try #require(tokens.refresh)
        #expect(throws: TikiError.self) { try self.store.exchange(code: refresh, now: 0) }
        #expect(throws: TikiError.self) { try self.store.info(token: refresh, now: 0) }
        #expect(throws: TikiError.self) { try self.store.refresh(token: tokens.access, now: 0) }
        _ = try self.store.info(token: tokens.access, now: 0)
        _ = try self.store.refresh(token: refresh, now: 0)
    }

    @Test("A store beyond its limit forgets the oldest grants")
    mutating func grantLimit() throws {
        self.store = TokenStore(codeLifetimeSeconds: 600, tokenLifetimeSeconds: 3600, grantLimit: 2)
        let codes = (0..<3).map { _ in self.makeCode() }
        #expect(throws: TikiError.self) { try self.store.exchange(code: codes[0], now: 0) }
        _ = try self.store.exchange(code: codes[1], now: 0)
        _ = try self.store.exchange(code: codes[2], now: 0)
    }

    @Test("A spent refresh token that was forgotten is still refused")
    mutating func spentLimit() throws {
        self.store = TokenStore(codeLifetimeSeconds: 600, tokenLifetimeSeconds: 3600, spentLimit: 1)
        let first = try self.login()
        let second = try self.refresh(first)
        let third = try self.refresh(second)
        #expect(throws: TikiError.self) { try self.refresh(first) }
        _ = try self.store.info(token: third.access, now: 0)
    }
}
