import Foundation
import Testing

@testable import TiniAppAuthBackend

struct SettingTests {
    /// A row of the README's table: name and default, without their backticks.
    struct Row: Equatable, CustomStringConvertible {
        let name: String
        let defaultValue: String?

        var description: String { "\(name): \(defaultValue ?? "none")" }
    }

    /// The rows of the table that begins with `CLIENT_KEY`.
    static func readmeRows() throws -> [Row] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let rows = readme.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces) }
        }
        return rows.drop { $0.dropFirst().first != "CLIENT_KEY" }.prefix { $0.count > 3 }
            .map { Row(name: $0[1], defaultValue: $0[2] == "—" ? nil : $0[2]) }
    }

    @Test("the README's table has every setting with its default, in the same order")
    func readme() throws {
        let expected = Setting.all.map { Row(name: $0.name, defaultValue: $0.defaultValue) }
        #expect(try Self.readmeRows() == expected)
    }

    @Test("no setting is named twice, and each name is one for an environment")
    func names() {
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
        for setting in Setting.all { #expect(setting.name.wholeMatch(of: /[A-Z_]+/) != nil) }
    }

    @Test("the help's table has a line for every setting, with its default")
    func table() {
        for setting in Setting.all {
            #expect(Setting.table.contains("\(setting.name)\n    \(setting.summary)"))
            if let defaultValue = setting.defaultValue { #expect(Setting.table.contains("Default: \(defaultValue).")) }
        }
    }
}
