/// One setting: its name in the environment, and everything else that there is to know about it.
struct Setting<Value: Sendable>: Sendable {
    let name: String
    let type: SettingType<Value>
    /// The value if the setting is not set.
    let defaultValue: Value
    /// The default for a reader; nil if there is none.
    let shownDefault: String?
    let summary: String

    /// - Parameter shownDefault: where the default is not a value that one could write.
    init(
        _ name: String,
        _ type: SettingType<Value>,
        default: Value,
        shown shownDefault: String? = nil,
        _ summary: String
    ) {
        self.name = name
        self.type = type
        defaultValue = `default`
        self.shownDefault = shownDefault ?? type.text(`default`)
        self.summary = summary
    }

    /// The same without the types of values, for lists of settings.
    var reference: SettingReference {
        SettingReference(
            name: name,
            type: type.name,
            defaultText: shownDefault,
            isDefaultLiteral: shownDefault != nil && shownDefault == type.text(defaultValue),
            summary: summary
        )
    }
}

/// A setting as the documentation describes it.
struct SettingReference: Sendable {
    let name: String
    /// The type in words, with the range.
    let type: String
    /// nil if there is none.
    let defaultText: String?
    /// Whether the default is a value that one could write.
    let isDefaultLiteral: Bool
    let summary: String
}

/// The type of a setting's value.
struct SettingType<Value: Sendable>: Sendable {
    /// For a reader, with the range.
    let name: String
    /// The problem with any other text, as words that follow the setting's name.
    let problem: String
    /// Whether the rules for the text of all other settings do not hold.
    var isVerbatim = false
    let parse: @Sendable (String) -> Value?
    /// The value as one would write it; nil if the setting has none.
    let text: @Sendable (Value) -> String?
}

extension SettingType where Value == String {
    static let text = SettingType(name: "text", problem: "", parse: { $0 }, text: { $0 })
}

extension SettingType where Value == String? {
    static let optionalText = SettingType(name: "text", problem: "", parse: { $0 }, text: { $0 })
    /// Any text, with the white space at its ends.
    static let verbatim = SettingType(
        name: "text of up to \(DomainValidation.maxBytes) bytes",
        problem: "is longer than \(DomainValidation.maxBytes) bytes",
        isVerbatim: true,
        parse: { $0.utf8.count <= DomainValidation.maxBytes ? .some($0) : .none },
        text: { $0 }
    )
    static let file = SettingType(name: "a file's path", problem: "", parse: { $0 }, text: { $0 })
    static let storeURL = SettingType(
        name: "redis, rediss or redis+unix URL",
        problem: "",
        parse: { $0 },
        text: { $0 }
    )
    static let url = SettingType(name: "http or https URL", problem: "", parse: { $0 }, text: { $0 })
}

extension SettingType where Value == Bool {
    static let flag = SettingType(
        name: "0 or 1",
        problem: "is neither 0 nor 1",
        parse: { ["0": false, "1": true][$0] },
        text: { $0 ? "1" : "0" }
    )
}

extension SettingType where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        SettingType(
            name: "\(range.lowerBound) to \(range.upperBound)",
            problem: "is not a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } },
            text: { String($0) }
        )
    }
}

extension SettingType where Value == Duration {
    /// Seconds, to the millisecond: 2.4 is just that and not what a floating point number makes of it.
    static func seconds(_ range: ClosedRange<Double>) -> Self {
        SettingType(
            name: "\(shortest(range.lowerBound)) to \(shortest(range.upperBound)) s",
            problem: "is not a number of seconds from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in
                Double(text).flatMap {
                    range.contains($0) ? .milliseconds(Int64(($0 * 1_000).rounded())) : nil
                }
            },
            text: { shortest($0 / .seconds(1)) }
        )
    }

    /// Without a fraction that is zero.
    private static func shortest(_ number: Double) -> String {
        number == number.rounded() ? String(Int64(number)) : String(number)
    }
}
