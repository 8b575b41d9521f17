import ArgumentParser

/// Lists the settings; so does `help settings`.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List the settings, which come from the environment.",
        discussion: list
    )

    static var list: String {
        Settings.all.map { setting in
            let defaultText = setting.defaultText.map { " Default: \($0)." } ?? ""
            return "\(setting.name)\n    \(setting.summary)\(defaultText) (\(setting.typeName))"
        }.joined(separator: "\n")
    }

    func run() { print(Self.list) }
}
