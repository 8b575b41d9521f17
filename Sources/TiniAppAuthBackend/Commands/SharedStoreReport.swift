import NIOPosix
import SharedStore

/// The findings of `check --upstream` at the shared store, with a line for the terminal.
struct SharedStoreReport {
    /// Whether instances would use it, as they are configured.
    var isUsable: Bool
    var isRequired: Bool
    var text: String

    /// Greets the store as the service does.
    init(of configuration: SharedStore.Configuration) async {
        isRequired = configuration.isRequired
        let place: String
        let transport: String
        switch configuration.address.place {
        case .host(let host, let port, let usesTLS):
            place = "\(host) port \(port)"
            transport = usesTLS ? "certificate verified" : "no TLS"
        case .socket(let path):
            place = path
            transport = "on this machine"
        }
        do {
            let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
            let report = try await SharedStoreProbe(configuration, eventLoop: eventLoop).run()
            let time = Double(Int64(report.roundTrip / .microseconds(100))) / 10
            var parts = [place, report.server, transport, "answers in \(time) ms"]
            if report.roundTrip >= Duration(configuration.timeout) {
                parts.append("longer than SHARED_STORE_TIMEOUT")
            }
            isUsable = report.problems.isEmpty || !isRequired
            parts.append(report.problems.isEmpty ? "claims work" : isUsable ? "may lose claims" : "not usable")
            let problems = report.problems.isEmpty ? "" : ": \(report.problems.joined(separator: "; "))"
            text = parts.joined(separator: ", ") + problems
        } catch {
            isUsable = false
            text = "\(place), not usable: \(error)"
        }
    }
}
