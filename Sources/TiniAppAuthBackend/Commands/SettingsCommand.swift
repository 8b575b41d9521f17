import ArgumentParser

/// Lists the settings; so does `help settings`.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List the settings, which come from the environment.",
        discussion: SettingsPages.help
    )

    func run() { print(SettingsPages.help) }
}
