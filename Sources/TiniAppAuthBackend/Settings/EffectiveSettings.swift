import FastCGI
import Logging
import TiniAppAuth

extension Configuration {
    /// Every setting with the value that is in force, for the log. Of the secret only whether it is set.
    ///
    /// - Parameter environment: the source of the configuration.
    func effectiveSettings(_ environment: Environment) -> Logger.Metadata {
        var values: Logger.Metadata = [:]
        for setting in Settings.all {
            values[setting.name] = (environment[setting.name] ?? setting.defaultText).map { "\($0)" } ?? "not set"
        }
        if ListeningSocket.isPassed(listenPID: environment["LISTEN_PID"], listenFDs: environment["LISTEN_FDS"]) {
            values[Settings.name(\.listenSocket)] = "passed by systemd"
        } else if ListeningSocket.isStandardInput {
            values[Settings.name(\.listenSocket)] = "passed as descriptor 0"
        }
        if environment[Settings.name(\.validationText)] != nil { values[Settings.name(\.validationText)] = "set" }
        // Never the secret itself.
        values[Settings.name(\.clientSecret)] = environment[Settings.name(\.clientSecret)] == nil ? "not set" : "set"
        for (setting, route) in [
            (\Settings.authEndpoint, AuthRoute.exchange), (\.refreshEndpoint, .refresh), (\.infoEndpoint, .info),
        ] {
            let url = service.endpoints[route]
            // Without the query, in which people put keys.
            values[Settings.name(setting)] = "\(url.origin)\(url.pathAndQuery.prefix { $0 != "?" })"
        }
        values[Settings.name(\.connectTimeout)] = "\(Double(service.upstream.connectTimeout.nanoseconds) / 1e9)"
        if let timeout = service.sharedStore?.timeout {
            values[Settings.name(\.sharedStoreTimeout)] = "\(Double(timeout.nanoseconds) / 1e9)"
        }
        return values
    }
}
