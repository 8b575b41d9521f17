import ArgumentParser
import Text
import TiniAppAuth

/// Prints what the pages say about the program as it is, in JSON: settings, errors, metrics. Tests/Docs compares.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Print settings, errors and metrics in JSON.",
        shouldDisplay: false
    )

    func run() {
        let settings = Settings.all.map { setting in
            [
                "name": setting.name, "type": setting.type, "summary": setting.summary,
                "default": setting.defaultText ?? "",
                "literal_default": setting.isDefaultLiteral ? setting.defaultText ?? "" : "",
            ]
        }
        let errors = AuthError.Reason.allCases.map { ["reason": $0.rawValue, "status": "\($0.status)"] }
        let metrics = Metric.all.map {
            ["name": $0.name, "labels": $0.labels.joined(separator: ","), "help": $0.help]
        }
        var json = Array("{".utf8)
        for (name, list) in [("settings", settings), ("errors", errors), ("metrics", metrics)] {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            JSONString.append(name, to: &json)
            json += Array(":[".utf8) + Array(list.map(Self.object).joined(separator: Array(",".utf8))) + Array("]".utf8)
        }
        print(String(decoding: json + Array("}".utf8), as: UTF8.self))
    }

    private static func object(_ members: [String: String]) -> [UInt8] {
        var json: [UInt8] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
            JSONString.append(name, to: &json)
            json.append(UInt8(ascii: ":"))
            JSONString.append(value, to: &json)
        }
        return json + Array("}".utf8)
    }
}
