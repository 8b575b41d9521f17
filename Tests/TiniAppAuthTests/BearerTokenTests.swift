import Testing

@testable import TiniAppAuth

struct BearerTokenTests {
    static let longest = String(repeating: "a", count: 4_096)

    @Test("A token of up to 4,096 bytes is read from Authorization", arguments: ["Bearer", "bearer", "BEARER"])
    func read(scheme: String) throws {
        for space in [" ", "  ", "      "] {
            for token in ["aZ09-._~+/==", Self.longest] {
                #expect(try BearerToken.read("\(scheme)\(space)\(token)") == token)
            }
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
            "Bearer \(longest)a",
        ]
    )
    func malformed(authorization: String) {
        #expect(throws: AuthError.invalidAccessToken) { try BearerToken.read(authorization) }
    }
}
