import ArgumentParser

/// The executable and its commands.
@main
struct TiniAppAuthBackend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiniapp-auth-backend",
        abstract: "Logs the users of a Tini App in: signs its auth codes and tokens and exchanges them with Tiki.",
        discussion: """
            Settings come from the environment:

            \(SettingsPages.help)
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, CheckCommand.self, SignCommand.self, VerifyCommand.self, ExchangeCommand.self,
            RefreshCommand.self, InfoCommand.self, ReferenceCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    /// In front of every command, since each may get the client secret.
    static func main() async {
        ProcessPrivacy.begin()
        StandardStreams.complete()
        await main(nil)
    }
}
