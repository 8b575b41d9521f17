import ArgumentParser

/// Trades a refresh token for a new pair without nginx and the app.
struct RefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Refresh tokens with Tiki, and print Tiki's answer.",
        discussion: """
            Reads the refresh token from standard input: arguments show in `ps`. Uses it up: the answer has the one that \
            works from then on. \(DirectCall.exitCodes)
            """
    )

    func run() async throws {
        try await DirectCall(.refresh).run(with: StandardInput.token(named: "Refresh token"))
    }
}
