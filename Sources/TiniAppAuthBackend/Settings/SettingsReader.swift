import NIOCore
import Upstream

/// Reads settings one by one and collects what is wrong with them, so that all of it can be told at once.
///
/// A problem names the setting and the rule. It never repeats a value: it may be the secret, in the wrong place.
struct SettingsReader {
    typealias Path<Value: Sendable> = KeyPath<Settings, Setting<Value>>

    private let environment: Environment
    private var found: [(name: String, problem: String)] = []

    init(_ environment: Environment) {
        self.environment = environment
    }

    /// What is wrong, a sentence each.
    var problems: [String] { found.map { "\($0.name) \($0.problem)" } }

    /// Notes a problem. Of a setting only the first one is told.
    mutating func report<Value>(_ setting: Path<Value>, _ problem: String) {
        if !hasProblem(setting) { found.append((Settings.name(setting), problem)) }
    }

    func hasProblem<Value>(_ setting: Path<Value>) -> Bool { found.contains { $0.name == Settings.name(setting) } }

    func isSet<Value>(_ setting: Path<Value>) -> Bool { environment[Settings.name(setting)] != nil }

    /// The value that is in force; the default after a problem.
    mutating func value<Value>(_ path: Path<Value>) -> Value {
        let setting = Settings.known[keyPath: path]
        guard let text = environment[setting.name] else { return setting.defaultValue }
        if !setting.type.isVerbatim, let problem = Self.problem(inText: text) {
            report(path, problem)
        } else {
            do { return try setting.type.parse(text) } catch { report(path, "\(error)") }
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

    mutating func url(_ setting: Path<UpstreamURL?>, allowInsecure: Bool) -> UpstreamURL? {
        guard let url = value(setting) else { return nil }
        if url.origin.usesTLS || url.origin.isLoopback || allowInsecure { return url }
        report(setting, "is plain http to another machine; use https, or set ALLOW_INSECURE_UPSTREAM=1")
        return nil
    }

    /// A part of a request's time: less than all of it, so that what fails within it is reported as such, and some time is left.
    mutating func part(_ setting: Path<TimeAmount>, of requestTimeout: TimeAmount) -> TimeAmount {
        let time = value(setting)
        guard isSet(setting) else { return min(time, .nanoseconds(requestTimeout.nanoseconds / 2)) }
        if time >= requestTimeout, !hasProblem(\.requestTimeout) { report(setting, "is not less than REQUEST_TIMEOUT") }
        return time
    }
}
