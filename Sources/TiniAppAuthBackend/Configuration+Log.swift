import Logging
import TiniAppAuth

extension Configuration {
    /// Every setting with the value that is in force, for the log. Of the secret only that it is there.
    ///
    /// - Parameter environment: what the configuration was read from.
    func effectiveSettings(_ environment: [String: String]) -> Logger.Metadata {
        var values: Logger.Metadata = [:]
        for setting in Setting.all {
            values[setting.name] = (environment[setting.name] ?? setting.defaultValue).map { "\($0)" } ?? "not set"
        }
        if environment["LISTEN_FDS"] != nil { values[Setting.listenSocket.name] = "passed by systemd" }
        // Above all: before anything of the environment is shown.
        values[Setting.clientSecret.name] = environment[Setting.clientSecret.name] == nil ? "not set" : "set"
        for (setting, route) in [
            (Setting.authEndpoint, AuthRoute.exchange), (.refreshEndpoint, .refresh), (.infoEndpoint, .info),
        ] {
            let url = service.endpoints[route]
            // Without the query, in which people put keys.
            values[setting.name] = "\(url.origin)\(url.target.prefix { $0 != "?" })"
        }
        values[Setting.connectTimeout.name] = "\(Double(service.upstream.connectTimeout.nanoseconds) / 1e9)"
        return values
    }
}
