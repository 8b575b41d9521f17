import Testing

@testable import TiniAppAuth

struct BearerTokenTests {
    @Test("A token is read from Authorization", arguments: ["Bearer", "bearer", "BEARER"])
    func read(scheme: String) throws {
        for space in [" ", "  ", "      "] {
            #expect(try BearerToken.read("\(scheme)\(space)aZ09-._~+/==") == "aZ09-._~+/==")
        }
    }

    @Test("Another scheme has no token")
    func otherScheme() throws {
        for authorization in ["", " ", "Basic dTpw", "Bearerx a", "Token a", "Bearer\ta", "Bearer=a"] {
            #expect(try BearerToken.read(authorization) == nil)
        }
    }

    @Test(
        "Bytes that are not of a token are refused",
        arguments: [
            "Bearer", "Bearer a b", #"Bearer "a""#, "Bearer a,b", "Bearer {}", #"Bearer \"#, "Bearer é", "Bearer a\0",
            "Bearer =abc", "Bearer a=b", "Bearer =", "Bearer ", "Bearer  ", "Bearer a ", "Bearer \ta",
        ]
    )
    func malformed(authorization: String) {
        #expect(throws: AuthError.invalidAccessToken) { try BearerToken.read(authorization) }
    }

    @Test("A token of 4,096 bytes is the longest")
    func longest() throws {
        let token = String(repeating: "a", count: 4_096)
        #expect(try BearerToken.read("Bearer \(token)") == token)
        #expect(throws: AuthError.invalidAccessToken) { try BearerToken.read("Bearer \(token)a") }
    }
}
