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
            values[Settings.listenSocket.name] = "passed by systemd"
        } else if ListeningSocket.isStandardInput {
            values[Settings.listenSocket.name] = "passed as descriptor 0"
        }
        if environment[Settings.validationText.name] != nil { values[Settings.validationText.name] = "set" }
        // Never the secret itself.
        values[Settings.clientSecret.name] = environment[Settings.clientSecret.name] == nil ? "not set" : "set"
        for (setting, route) in [
            (Settings.authEndpoint, AuthRoute.exchange), (Settings.refreshEndpoint, .refresh),
            (Settings.infoEndpoint, .info),
        ] {
            let url = service.endpoints[route]
            // Without the query, in which people put keys.
            values[setting.name] = "\(url.origin)\(url.pathAndQuery.prefix { $0 != "?" })"
        }
        values[Settings.connectTimeout.name] = "\(Double(service.upstream.connectTimeout.nanoseconds) / 1e9)"
        if let timeout = service.sharedStore?.timeout {
            values[Settings.sharedStoreTimeout.name] = "\(Double(timeout.nanoseconds) / 1e9)"
        }
        return values
    }
}
