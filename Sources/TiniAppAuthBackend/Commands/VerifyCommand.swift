import ArgumentParser
import Text
import TiniAppAuth
import Upstream

/// Tells whether a message really is from Tiki: a payment notification or a shipping webhook.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the signature of a message from Tiki; its body comes on standard input.",
        discussion: """
            Give the values of X-Tiniapp-Client-Id, X-Tiniapp-Timestamp and X-Tiniapp-Signature as they came, and the body \
            byte for byte. Needs CLIENT_KEY and CLIENT_SECRET or CLIENT_SECRET_FILE. Exits with 0 if the signature is good, \
            else with 1; either way with one sentence.
            """
    )

    // Taken as they are, since anybody may have sent them: a value that begins with a hyphen is not an option.
    @Option(parsing: .unconditional, help: "The value of X-Tiniapp-Client-Id.")
    var clientID: String

    @Option(parsing: .unconditional, help: "The value of X-Tiniapp-Timestamp: Unix time in milliseconds.")
    var timestamp: String

    @Option(parsing: .unconditional, help: "The value of X-Tiniapp-Signature: 64 hexadecimal digits.")
    var signature: String

    @Option(help: "Seconds that the signature may be old. Default: any age.")
    var maxAge: Int64?

    func validate() throws {
        if let maxAge, maxAge < 0 { throw ValidationError("--max-age wants seconds, 0 or more.") }
    }

    func run() throws {
        let credentials = try loadOrExit(ClientCredentials.init(environment:))
        let received = ReceivedSignature(clientID: clientID, timestamp: timestamp, signature: signature)
        let now = WallClock.milliseconds()
        do throws(ReceivedSignature.Problem) {
            let age = try received.verify(StandardInput.bytes(), by: credentials, maxAge: maxAge, now: now)
            print(
                age >= 0
                    ? "The signature is good, and \(age / 1_000) s old."
                    : "The signature is good. Its time is \(-age / 1_000) s ahead of this machine's."
            )
        } catch {
            StandardError.print("verify: \(error)")
            throw ExitCode.failure
        }
    }
}
