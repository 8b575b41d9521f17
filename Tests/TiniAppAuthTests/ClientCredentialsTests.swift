import Testing
import Upstream

@testable import TiniAppAuth

struct ClientCredentialsTests {
    @Test("Credentials print the key but never the secret, and so do values made from them")
    func printing() throws {
        let secret = "VERY-SECRET-VALUE"
        let credentials = ClientCredentials(key: "the-key", secret: secret)
        let url = try #require(UpstreamURL("https://h/auth/token"))
        let endpoints = AuthEndpoints(exchange: url, refresh: url, info: url)
        let signer = RequestSigner(credentials)
        let owners: [Any] = [
            credentials, ["credentials": [Optional(credentials)]],
            AuthService.Configuration(credentials: credentials, endpoints: endpoints), signer,
            signer.sign([], timestamp: 1),
        ]
        for (number, owner) in owners.enumerated() {
            var dumped = ""
            dump(owner, to: &dumped)
            for text in ["\(owner)", String(reflecting: owner), dumped] {
                #expect(!text.contains(secret))
                #expect(!text.contains("\(Array(secret.utf8))"))
                #expect(text.contains("the-key") || number >= 2)
            }
        }
    }
}
