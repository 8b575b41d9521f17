import Upstream

/// Reads settings one by one and collects what is wrong with them, so that all of it can be told at once.
///
/// A problem names the setting and the rule. It never repeats a value: it may be the secret, in the wrong place.
struct SettingsReader {
    private let environment: Environment
    private var found: [(name: String, problem: String)] = []

    init(_ environment: Environment) {
        self.environment = environment
    }

    /// What is wrong, a sentence each.
    var problems: [String] { found.map { "\($0.name) \($0.problem)" } }

    mutating func report<Value>(_ setting: Setting<Value>, _ problem: String) {
        found.append((setting.name, problem))
    }

    func hasProblem<Value>(_ setting: Setting<Value>) -> Bool {
        found.contains { $0.name == setting.name }
    }

    func isSet<Value>(_ setting: Setting<Value>) -> Bool { environment[setting.name] != nil }

    /// The value that is in force; the default after a problem.
    mutating func value<Value>(_ setting: Setting<Value>) -> Value {
        guard let text = environment[setting.name] else { return setting.defaultValue }
        if !setting.type.isVerbatim, let problem = Self.problem(inText: text) {
            report(setting, problem)
        } else if let value = setting.type.parse(text) {
            return value
        } else {
            report(setting, setting.type.problem)
        }
        return setting.defaultValue
    }

    /// The problem with the text of any setting, or with the content of a file; nil if it is good.
    static func problem(inText value: String) -> String? {
        if value.isEmpty { return "is empty" }
        if value.contains("<") || value.contains(">") { return "is still a placeholder" }
        if value.first?.isWhitespace == true || value.last?.isWhitespace == true {
            return "begins or ends with white space"
        }
        if !value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            return "holds characters that are not printable ASCII"
        }
        return nil
    }

    mutating func url(_ setting: Setting<String?>, allowInsecure: Bool) -> UpstreamURL? {
        guard let text = value(setting) else { return nil }
        guard let url = UpstreamURL(text) else {
            report(setting, "is not an http or https URL")
            return nil
        }
        guard url.origin.usesTLS || url.origin.isLoopback || allowInsecure else {
            report(setting, "is plain http to another machine; use https, or set ALLOW_INSECURE_UPSTREAM=1")
            return nil
        }
        return url
    }
}
