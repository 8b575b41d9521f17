/// What is wrong with the settings, all of it.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The exit code by convention for a configuration error (`EX_CONFIG` in sysexits.h).
    static let exitCode: Int32 = 78

    /// One line each.
    let problems: [String]

    var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return (["The configuration has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
