import ArgumentParser
import TiniAppAuth

/// Tells whether the settings are good, before the first login does.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the settings; with --upstream also the connections to Tiki and the shared store.",
        discussion: "Ends with a verdict. Exits with 78 if the configuration is wrong, with 1 if logins cannot work."
    )

    @Flag(
        help: """
            Also connect to each endpoint; report name, certificate, latency and clock skew. And to the shared store, if there \
            is one: claim a key and give it up.
            """
    )
    var upstream = false

    func run() async throws {
        let environment = Environment.current
        let configuration = try loadOrExit(Configuration.init(environment:), from: environment)
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
        if !verdict.isGood { throw ExitCode.failure }
    }
}
