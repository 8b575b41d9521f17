import ArgumentParser
import Text

/// The executable and its commands.
@main
struct TiniAppAuthBackend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiniapp-auth-backend",
        abstract: "Logs the users of a Tini App in: signs its auth codes and tokens and exchanges them with Tiki.",
        usage: "tiniapp-auth-backend [<command>]",
        discussion: "Settings come from the environment: tiniapp-auth-backend help settings lists them.",
        version: Version.current,
        subcommands: [
            ServeCommand.self, CheckCommand.self, SignCommand.self, VerifyCommand.self, ExchangeCommand.self,
            RefreshCommand.self, InfoCommand.self, SettingsCommand.self, ReferenceCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    /// Runs before every command, since each may get the client secret.
    static func main() async {
        ProcessStart.keepPrivate()
        ProcessStart.completeStandardStreams()
        ProcessMetrics.begin()
        // A web server makes arguments of a query string (RFC 3875 section 4.4), which are not commands.
        let arguments = CommandLine.arguments.dropFirst()
        guard CGIProgram.isMeant(by: .current) || isServe(arguments) else {
            if let word = arguments.first, isUnknown(word) {
                // It may be a code whose command was forgotten: only what could be a command is shown again.
                let isShort = word.utf8.count <= 12 && word.utf8.allSatisfy(\.isASCIILetterOrDigit)
                StandardError.print(
                    "There is no \(isShort ? "command '\(word)'" : "such command").\n\n\(helpMessage())"
                )
                exit(withError: ExitCode.validationFailure)
            }
            return await main(nil)
        }
        // There is nothing to parse, and the parser would add a millisecond to the start.
        do {
            try await ServeCommand().run()
        } catch {
            exit(withError: error)
        }
    }

    /// Whether a word in a command's place is not one. The parser would call it an unexpected argument of the default command.
    private static func isUnknown(_ word: String) -> Bool {
        !word.hasPrefix("-") && word != "help" && !configuration.subcommands.contains { $0._commandName == word }
    }

    private static func isServe(_ arguments: ArraySlice<String>) -> Bool {
        arguments.isEmpty || arguments.elementsEqual(["serve"])
    }
}
