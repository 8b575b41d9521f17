import NIOCore
import NIOPosix
import Redis
import SharedStore

/// The findings of `check --upstream` at the shared store, with a line for the terminal.
struct SharedStoreReport {
    var isUsable: Bool
    var isRequired: Bool
    var text: String

    /// Uses the store as the service does.
    init(of access: SharedStoreAccess) async {
        isRequired = access.isRequired
        let place: String
        switch access.redis.address.place {
        case .host(let host, let port, _): place = "\(host) port \(port)"
        case .socket(let path): place = path
        }
        do {
            let probe = SharedStoreProbe(
                // Nothing waits here.
                access.configuration(longestCall: .zero),
                trust: try access.trust(),
                eventLoop: MultiThreadedEventLoopGroup.singleton.any()
            )
            let report = try await probe.run()
            let time = Double(Int64(report.roundTrip / .microseconds(100))) / 10
            let parts = [
                place, report.server, Self.transport(access.redis.address), "answers in \(time) ms", "claims work",
            ]
            isUsable = true
            text = (parts + report.warnings).joined(separator: ", ")
        } catch {
            isUsable = false
            text = "\(place), not usable: \(error)"
        }
    }

    private static func transport(_ address: RedisAddress) -> String {
        switch address.place {
        case .host(_, _, let usesTLS): usesTLS ? "certificate verified" : "no TLS"
        case .socket: "on this machine"
        }
    }
}
