import ArgumentParser
import Text
import TiniAppAuth

/// Shows what would be sent for a body. For comparing with Tiki's page "Calculate signature".
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Print the three headers and the encoded payload for a body.",
        discussion: "Needs CLIENT_KEY and CLIENT_SECRET or CLIENT_SECRET_FILE. Never prints the secret."
    )

    @Argument(help: "The body, exactly as it would be sent; or the path of a GET. Default: standard input.")
    var body: String?

    @Option(help: "Unix time in milliseconds. Default: now.")
    var timestamp: Int64?

    func run() throws {
        let credentials = try loadOrExit { () throws(ConfigurationError) in
            try ClientCredentials(environment: .current)
        }
        let body = body.map { Array($0.utf8) } ?? StandardInput.bytes()
        let signature = RequestSigner(credentials).sign(body, timestamp: timestamp ?? WallClock.milliseconds())
        for (name, value) in signature.headers { print("\(name): \(value)") }
        print("Encoded payload: \(String(decoding: signature.encodedPayload, as: UTF8.self))")
    }
}
