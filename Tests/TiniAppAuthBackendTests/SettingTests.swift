import Testing

@testable import TiniAppAuthBackend

struct SettingTests {
    @Test("no setting is named twice, and each name is one for an environment")
    func names() {
        #expect(Set(Settings.all.map(\.name)).count == Settings.all.count)
        for setting in Settings.all { #expect(setting.name.wholeMatch(of: /[A-Z_]+/) != nil) }
    }

    @Test("the help's table has a line for every setting, with its default")
    func table() {
        for setting in Settings.all {
            #expect(SettingsPages.help.contains("\(setting.name)\n    \(setting.summary)"))
            if let defaultText = setting.defaultText {
                #expect(SettingsPages.help.contains("Default: \(defaultText)."))
            }
        }
    }
}
