import ArgumentParser
import TiniAppAuth

/// Tells whether the settings are good, before the first login does, and what a server looks like from outside.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Validate the settings, and on request the way to Tiki and the shared store, or from outside to the server.",
        discussion: "Ends with a verdict. Exits with 78 if the configuration is wrong, with 1 if logins cannot work."
    )

    @Flag(
        help: """
            Also connect to each endpoint; report name, certificate, latency and clock skew. And to the shared store, if there \
            is one: claim a key and give it up.
            """
    )
    var upstream = false

    @Option(
        name: .customLong("public"),
        help: ArgumentHelp(
            "Look at a server as Tini Console and the apps do, from any machine; no settings are needed.",
            valueName: "https://HOST"
        )
    )
    var publicAddress: String?

    @Option(
        help: ArgumentHelp(
            "The name in the address of Tini Console's file. (default: TIKI_VALIDATION_CODE, if it is set)",
            valueName: "NAME"
        )
    )
    var validationCode: String?

    @Option(
        help: ArgumentHelp("Trust these certificates (PEM) for --public in place of the system's.", valueName: "FILE")
    )
    var publicCAFile: String?

    func validate() throws {
        if publicAddress == nil, validationCode != nil || publicCAFile != nil {
            throw ValidationError("--validation-code and --public-ca-file go with --public")
        }
        if let validationCode, !DomainValidation.isID(validationCode) {
            throw ValidationError("--validation-code is not 1 to 128 letters, digits, hyphens and underscores")
        }
    }

    func run() async throws {
        var isGood = true
        if publicAddress == nil || upstream { isGood = try await checkSettings() }
        if let publicAddress {
            let environment = Environment.current
            let id =
                validationCode
                ?? environment[Settings.validationCode.name].flatMap { DomainValidation.isID($0) ? $0 : nil }
            let check = await PublicCheck(
                of: publicAddress,
                id: id,
                text: id == environment[Settings.validationCode.name] ? environment[Settings.validationText.name] : nil,
                caFile: publicCAFile
            )
            check.lines.forEach { print($0) }
            print(check.verdict.description)
            isGood = isGood && check.verdict.isGood
        }
        if !isGood { throw ExitCode.failure }
    }

    private func checkSettings() async throws -> Bool {
        let environment = Environment.current
        let configuration = try loadOrExit { () throws(ConfigurationError) in
            try Configuration(environment: environment)
        }
        print("configuration: ok, client key \(configuration.service.credentials.key)")
        SettingsWarnings.all(configuration, environment).forEach { print("warning: \($0)") }
        if let tiki = TikiEnvironment(configuration.service.endpoints.exchange) {
            print("endpoint: Tiki's \(tiki.rawValue); CLIENT_KEY and CLIENT_SECRET must be \(tiki.credentials)")
        }
        var reports: [EndpointReport] = []
        for route in upstream ? AuthRoute.allCases : [] {
            let url = configuration.service.endpoints[route]
            let report = await EndpointReport(of: url, configuration.service.upstream)
            print("\(route.rawValue): \(report.text)")
            reports.append(report)
        }
        var store: SharedStoreReport?
        if upstream, let sharedStore = configuration.service.sharedStore {
            let report = await SharedStoreReport(of: sharedStore)
            print("store: \(report.text)")
            store = report
        }
        let verdict = CheckVerdict(reports, store)
        print(verdict.description)
        return verdict.isGood
    }
}
