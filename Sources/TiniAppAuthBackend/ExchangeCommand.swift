import ArgumentParser
import TiniAppAuth

/// Trades an auth code for tokens without nginx and the app: the first thing to try when an app says "login failed".
struct ExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Exchange an auth code with Tiki, and print Tiki's answer.",
        usage: "tiniapp-auth-backend exchange <code>",
        discussion: "Uses the code up: the app that it was meant for needs another. \(DirectCall.exitCodes)"
    )

    // An argument, unlike the tokens: by the time anybody could read it in `ps`, it has been used up.
    // Taken as it is: one code in 64 begins with a hyphen, and is no option.
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The code that my.getAuthCode gave the app.", valueName: "code")
    )
    var words: [String]

    func validate() throws {
        if words == ["--help"] || words == ["-h"] { throw CleanExit.helpRequest(self) }
        guard words.count == 1 else { throw ValidationError("One code expected.") }
    }

    func run() async throws {
        try await DirectCall(.exchange).run(with: words[0])
    }
}
