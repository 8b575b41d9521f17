import Testing

@testable import TiniAppAuthBackend

struct SettingTests {
    @Test("Setting names are unique, and consist of capital letters and underscores")
    func names() {
        #expect(Set(Settings.all.map(\.name)).count == Settings.all.count)
        for setting in Settings.all { #expect(setting.name.wholeMatch(of: /[A-Z_]+/) != nil) }
    }

    @Test("The help's table has a line for every setting, with its default")
    func table() {
        for setting in Settings.all {
            #expect(!setting.summary.isEmpty)
            #expect(SettingsCommand.list.contains("\(setting.name)\n    \(setting.summary)"))
            if let defaultText = setting.defaultText {
                #expect(SettingsCommand.list.contains("Default: \(defaultText)."))
            }
        }
    }
}
