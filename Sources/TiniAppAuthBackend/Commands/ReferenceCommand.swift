import ArgumentParser
import Logging
import TiniAppAuth

/// Prints what the pages say about the program as it is, in JSON: settings, errors, metrics. Tests/Docs compares.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Print settings, errors and metrics in JSON.",
        shouldDisplay: false
    )

    func run() {
        let settings = Settings.all.map { setting -> Logger.MetadataValue in
            let (text, isLiteral) = (setting.defaultText ?? "", setting.isDefaultLiteral)
            return [
                "name": "\(setting.name)", "type": "\(setting.typeName)", "summary": "\(setting.summary)",
                "default": "\(text)",
                "literal_default": isLiteral ? "\(text)" : "",
            ]
        }
        let errors = AuthError.Reason.allCases.map { reason -> Logger.MetadataValue in
            ["reason": "\(reason.rawValue)", "status": "\(reason.status)"]
        }
        let metrics = Metric.all.map { metric -> Logger.MetadataValue in
            ["name": "\(metric.name)", "labels": "\(metric.labels)", "help": "\(metric.help)"]
        }
        let facts = LogFields(["settings": .array(settings), "errors": .array(errors), "metrics": .array(metrics)])
        print(JSONLine.text(.fields(facts)))
    }
}
