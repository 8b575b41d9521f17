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
        version: Version.current,
        subcommands: [
            ServeCommand.self, CheckCommand.self, SignCommand.self, VerifyCommand.self, ExchangeCommand.self,
            RefreshCommand.self, InfoCommand.self, ReferenceCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    /// Runs before every command, since each may get the client secret.
    static func main() async {
        ProcessPrivacy.begin()
        StandardStreams.complete()
        // A web server makes arguments of a query string (RFC 3875 section 4.4), which are not commands.
        guard CGIProgram.isMeant(by: .current) || isServe(CommandLine.arguments.dropFirst()) else {
            return await main(nil)
        }
        // There is nothing to parse, and the parser would add a millisecond to the start.
        do {
            try await ServeCommand().run()
        } catch {
            exit(withError: error)
        }
    }

    private static func isServe(_ arguments: ArraySlice<String>) -> Bool {
        arguments.isEmpty || arguments.elementsEqual(["serve"])
    }
}
