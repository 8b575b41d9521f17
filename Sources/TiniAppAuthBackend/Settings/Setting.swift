/// One setting: its name in the environment, and everything else that there is to know about it.
struct Setting<Value: Sendable>: AnySetting {
    let name: String
    let type: SettingType<Value>
    /// The value if the setting is not set.
    let defaultValue: Value
    let summary: String
    /// What a reader is told where the default is not a value that one could write.
    private let shownDefault: String?

    init(_ name: String, _ type: SettingType<Value>, default: Value, _ summary: String) {
        (self.name, self.type, defaultValue, self.summary) = (name, type, `default`, summary)
        shownDefault = nil
    }

    /// A setting without a default.
    init<Given>(
        _ name: String,
        _ type: SettingType<Given>,
        shown shownDefault: String? = nil,
        _ summary: String
    ) where Value == Given? {
        (self.name, self.type, defaultValue, self.summary) = (name, type.optional, nil, summary)
        self.shownDefault = shownDefault
    }

    var typeName: String { type.name }
    var defaultText: String? { shownDefault ?? type.text(defaultValue) }
    var isDefaultLiteral: Bool { shownDefault == nil && defaultText != nil }
}

/// A setting of any type, as the documentation describes it.
protocol AnySetting: Sendable {
    var name: String { get }
    /// The type in words, with the range.
    var typeName: String { get }
    /// The default for a reader; nil if there is none.
    var defaultText: String? { get }
    /// Whether the default is a value that one could write.
    var isDefaultLiteral: Bool { get }
    var summary: String { get }
}
