import ArgumentParser

/// Asks whose an access token is without nginx and the app.
struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Ask Tiki whose an access token is, and print Tiki's answer.",
        discussion: "Reads the access token from standard input: arguments show in `ps`. \(DirectCall.exitCodes)"
    )

    func run() async throws {
        try await DirectCall(.info).run(with: StandardInput.token(named: "Access token"))
    }
}
