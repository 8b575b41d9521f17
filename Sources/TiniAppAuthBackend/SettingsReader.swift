import TiniAppAuth

/// Reads settings one by one and collects what is wrong with them, so that all of it can be told at once.
///
/// A problem names the setting and the rule. It never repeats a value: it may be the secret, in the wrong place.
struct SettingsReader {
    private let environment: [String: String]
    private(set) var problems: [String] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    mutating func report(_ setting: Setting, _ problem: String) {
        problems.append("\(setting.name) \(problem)")
    }

    func hasProblem(_ setting: Setting) -> Bool { problems.contains { $0.hasPrefix("\(setting.name) ") } }

    func isSet(_ setting: Setting) -> Bool { environment[setting.name] != nil }

    /// The value if it is set and could be one: not empty, not a placeholder, no stray white space.
    mutating func text(_ setting: Setting) -> String? {
        guard let value = environment[setting.name] else { return nil }
        if let problem = Self.problem(inText: value) {
            report(setting, problem)
            return nil
        }
        return value
    }

    /// What is wrong with a text of any setting; nil if nothing is.
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

    mutating func url(_ setting: Setting, allowInsecure: Bool) -> UpstreamURL? {
        guard let text = text(setting) else { return nil }
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

    mutating func integer(_ setting: Setting, in range: ClosedRange<Int>) -> Int {
        number(setting, "is not a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    /// To the millisecond, so that 2.4 is just that and not what a floating point number makes of it.
    mutating func seconds(_ setting: Setting, in range: ClosedRange<Double>) -> Duration {
        let seconds = number(
            setting,
            "is not a number of seconds from \(range.lowerBound) to \(range.upperBound)"
        ) {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
        return .milliseconds(Int64(((seconds ?? range.lowerBound) * 1_000).rounded()))
    }

    mutating func flag(_ setting: Setting) -> Bool {
        number(setting, "is neither 0 nor 1") { ["0": false, "1": true][$0] } ?? false
    }

    /// The parsed value, or the parsed default; nil after a problem.
    private mutating func number<Value>(_ setting: Setting, _ problem: String, _ parse: (String) -> Value?) -> Value? {
        guard isSet(setting) else { return setting.defaultValue.flatMap(parse) }
        guard let text = text(setting) else { return nil }
        if let value = parse(text) { return value }
        report(setting, problem)
        return nil
    }
}
