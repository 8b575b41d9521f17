import CoreMetrics
import Metrics
import NIOCore
import TiniAppAuth

/// Metrics of the requests. Lives on the event loop.
final class RequestMetrics {
    private struct Kind: Hashable {
        let route: String
        /// A status without a series of its own counts with its class: 5 for 5xx.
        let status: Int

        /// Nearly all requests are for one route.
        func hash(into hasher: inout Hasher) { hasher.combine(status) }
    }

    /// Statuses that have their own series: ours, and what else Tiki may be expected to send. It may send any; the number of
    /// series must stay bounded.
    private static let ownStatuses = Set(AuthError.Reason.allCases.map(\.status) + [200, 204, 403, 409, 422])

    private let factory: any MetricsFactory
    private var requests: [Kind: Counter] = [:]
    private let durations: [String: Timer]
    private let inFlight: Meter

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        let version = [("version", Version.current)]
        Meter(label: "tiniapp_auth_build_info", dimensions: version, factory: factory).set(1)
        durations = Dictionary(
            uniqueKeysWithValues: Route.names.map { route in
                let dimensions = [("route", route)]
                return (
                    route,
                    Timer(label: "tiniapp_auth_request_duration_seconds", dimensions: dimensions, factory: factory)
                )
            }
        )
        inFlight = Meter(label: "tiniapp_auth_requests_in_flight", factory: factory)
        // Prometheus sees no increase in a series that begins with it. Alerts read those of the calls.
        for route in AuthRoute.allCases.map(\.rawValue) {
            for status in Self.ownStatuses { counter(Kind(route: route, status: status)).increment(by: 0) }
        }
    }

    func began() { inFlight.increment() }

    func ended() { inFlight.decrement() }

    /// A request has been answered.
    func answered(_ route: Route?, status: Int, after duration: TimeAmount) {
        let route = Route.name(of: route)
        let kind = Kind(route: route, status: Self.ownStatuses.contains(status) ? status : status / 100)
        counter(kind).increment()
        durations[route]?.recordNanoseconds(duration.nanoseconds)
    }

    private func counter(_ kind: Kind) -> Counter {
        if let known = requests[kind] { return known }
        let status = kind.status < 100 ? "\(kind.status)xx" : String(kind.status)
        let dimensions = [("route", kind.route), ("status", status)]
        let new = Counter(label: "tiniapp_auth_requests_total", dimensions: dimensions, factory: factory)
        requests[kind] = new
        return new
    }
}
