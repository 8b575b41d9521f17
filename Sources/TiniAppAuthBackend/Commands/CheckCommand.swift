import ArgumentParser
import TiniAppAuth

/// Tells whether the settings are good, before the first login does.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate the configuration, and on request the way to Tiki and to the shared store.",
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
        let configuration = try loadOrExit { () throws(ConfigurationError) in
            try Configuration(environment: .current)
        }
        print("configuration: ok, client key \(configuration.service.credentials.key)")
        if let environment = TikiEnvironment(configuration.service.endpoints.exchange) {
            print(
                "endpoint: Tiki's \(environment.rawValue); CLIENT_KEY and CLIENT_SECRET must be \(environment.credentials)"
            )
        }
        var reports: [EndpointReport] = []
        for route in upstream ? AuthRoute.allCases : [] {
            let url = configuration.service.endpoints[route]
            let report = await EndpointReport(of: url, configuration.service.upstream)
            print("\(route.rawValue): \(report.text)")
            reports.append(report)
        }
        var store: SharedStoreReport?
        if upstream, let access = configuration.sharedStore {
            let report = await SharedStoreReport(of: access)
            print("store: \(report.text)")
            store = report
        }
        let verdict = CheckVerdict(reports, store)
        print(verdict.description)
        if !verdict.isGood { throw ExitCode.failure }
    }
}
