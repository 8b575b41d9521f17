import ArgumentParser
import Text
import TiniAppAuth

/// Shows what would be sent for a body. For comparing with Tiki's page "Calculate signature".
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Print the three headers and the encoded payload for a body, or for a GET.",
        discussion: "Needs CLIENT_KEY and CLIENT_SECRET or CLIENT_SECRET_FILE. Never prints the secret."
    )

    @Argument(help: "The body, exactly as it would be sent. Default: standard input.")
    var body: String?

    @Option(help: "In place of a body: the path of a GET with its query, as it stands behind Tiki's base URL.")
    var get: String?

    @Option(help: "Unix time in milliseconds. Default: now.")
    var timestamp: Int64?

    func validate() throws {
        guard let get else { return }
        guard body == nil else { throw ValidationError("A GET has no body: give either a body or --get.") }
        if let problem = Self.problem(ofPath: get) { throw ValidationError("--get \(problem)") }
    }

    func run() throws {
        let credentials = try loadOrExit(ClientCredentials.init(environment:))
        let signed = (get ?? body).map { Array($0.utf8) } ?? StandardInput.line()
        let signature = RequestSigner(credentials).sign(signed, timestamp: timestamp ?? WallClock.milliseconds())
        for (name, value) in signature.headers { print("\(name): \(value)") }
        print("Encoded payload: \(String(decoding: signature.encodedPayload, as: UTF8.self))")
    }

    /// Why Tiki could not have signed this text for a GET, as the end of a sentence; nil if it could.
    static func problem(ofPath path: String) -> String? {
        if !path.hasPrefix("/") || path.hasPrefix("//") {
            return "wants the path that follows the base URL. It begins with one slash."
        }
        if let environment = TikiEnvironment.allCases.first(where: { path.hasPrefix("\($0.basePath)/") }) {
            return "wants the path without the base URL: leave \(environment.basePath) out."
        }
        // RFC 3986 appendix A: the characters of a path and a query.
        let isCharacter = { (byte: UInt8) in
            byte.isASCIILetterOrDigit || "-._~!$&'()*+,;=:@/?%".utf8.contains(byte)
        }
        guard path.utf8.allSatisfy(isCharacter) else {
            return "wants the path as it is sent: percent-encoded, without a fragment."
        }
        return nil
    }
}
