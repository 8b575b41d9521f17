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
    // Taken as it is: one code in 64 begins with a hyphen, and is not an option.
    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The code that my.getAuthCode gave the app.", valueName: "code")
    )
    var words: [String]

    /// The code; nil if there is none, or more than one.
    private var code: String? {
        // As with other commands, `--` may come first.
        let codes = words.first == "--" ? words.dropFirst() : words[...]
        guard codes.count == 1, let code = codes.first.map(DirectCall.trimmed), !code.isEmpty else { return nil }
        return code
    }

    func validate() throws {
        if words == ["--help"] || words == ["-h"] { throw CleanExit.helpRequest(self) }
        guard code != nil else { throw ValidationError("One code expected.") }
    }

    func run() async throws {
        if let code { try await DirectCall(route: .exchange).run(with: code) }
    }
}

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
        try await DirectCall(route: .refresh).run(with: StandardInput.token(named: "Refresh token"))
    }
}

/// Asks for the owner of an access token, without nginx and the app.
struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Ask Tiki whose an access token is, and print Tiki's answer.",
        discussion: "Reads the access token from standard input: arguments show in `ps`. \(DirectCall.exitCodes)"
    )

    func run() async throws {
        try await DirectCall(route: .info).run(with: StandardInput.token(named: "Access token"))
    }
}
