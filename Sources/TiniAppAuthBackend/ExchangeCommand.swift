import ArgumentParser
import TiniAppAuth

/// Trades an auth code for tokens without nginx and the app: the first thing to try when an app says "login failed".
struct ExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Exchange an auth code with Tiki, and print Tiki's answer.",
        discussion: "Uses the code up: the app that it was meant for needs another. \(DirectCall.exitCodes)"
    )

    // An argument, unlike the tokens: by the time anybody could read it in `ps`, it has been used up.
    @Argument(help: "The code that my.getAuthCode gave the app.")
    var code: String

    func run() async throws {
        try await DirectCall(.exchange).run(with: code)
    }
}
