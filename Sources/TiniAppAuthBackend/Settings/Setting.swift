/// One setting: its name in the environment, and everything else that there is to know about it.
struct Setting<Value: Sendable>: AnySetting {
    let name: String
    let type: SettingType<Value>
    /// The value if the setting is not set.
    let defaultValue: Value
    private(set) var summary = ""
    /// What a reader is told where the default is not a value that one could write.
    private let shownDefault: String?

    init(_ name: String, _ type: SettingType<Value>, default: Value) {
        (self.name, self.type, defaultValue, shownDefault) = (name, type, `default`, nil)
    }

    /// A setting without a default.
    init<Given>(_ name: String, _ type: SettingType<Given>, shown: String? = nil) where Value == Given? {
        (self.name, self.type, defaultValue, shownDefault) = (name, type.optional, nil, shown)
    }

    /// The same with its sentence for the documentation.
    func means(_ summary: String) -> Setting {
        var setting = self
        setting.summary = summary
        return setting
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
