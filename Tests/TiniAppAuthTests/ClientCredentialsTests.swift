import Testing
import Upstream

@testable import TiniAppAuth

struct ClientCredentialsTests {
    static let secret = "VERY-SECRET-VALUE"
    let credentials = ClientCredentials(key: "the-key", secret: Self.secret)

    func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    @Test("Credentials print the key but never the secret")
    func credentialsPrint() {
        let nested = ["credentials": [Optional(credentials)]]
        let texts = [
            "\(credentials)", String(describing: credentials), String(reflecting: credentials), dumped(credentials),
            "\(nested)", dumped(nested),
            String(reflecting: nested),
        ]
        for text in texts {
            #expect(text.contains("the-key"))
            #expect(!text.contains(Self.secret))
        }
    }

    @Test("Values made from credentials do not print the secret")
    func ownersPrint() throws {
        let url = try #require(UpstreamURL("https://h/auth/token"))
        let endpoints = AuthEndpoints(exchange: url, refresh: url, info: url)
        let signer = RequestSigner(credentials)
        let owners: [Any] = [
            AuthService.Configuration(credentials: credentials, endpoints: endpoints), signer,
            signer.sign([], timestamp: 1),
        ]
        for owner in owners {
            for text in ["\(owner)", String(reflecting: owner), dumped(owner)] {
                #expect(!text.contains(Self.secret))
                #expect(!text.contains("\(Array(Self.secret.utf8))"))
            }
        }
    }
}
