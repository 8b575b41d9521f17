import CoreMetrics
import Metrics
import Synchronization

/// Metrics of the requests.
final class RequestMetrics: Sendable {
    private struct Kind: Hashable {
        let route: String
        let status: Int

        /// Nearly all requests are for one route.
        func hash(into hasher: inout Hasher) { hasher.combine(status) }
    }

    /// Statuses that have their own series. Tiki may send any; the number of series must stay bounded.
    private static let ownStatuses: Set = [
        200, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504,
    ]

    private let factory: any MetricsFactory
    private let requests = Mutex<[Kind: Counter]>([:])
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
    }

    func began() { inFlight.increment() }

    func ended() { inFlight.decrement() }

    /// A request has been answered.
    func answered(_ route: Route?, status: Int, after duration: Duration) {
        let route = Route.name(of: route)
        let kind = Kind(route: route, status: Self.ownStatuses.contains(status) ? status : 0)
        let counter = requests.withLock { requests in
            if let known = requests[kind] { return known }
            let dimensions = [("route", route), ("status", kind.status == 0 ? "other" : String(status))]
            let new = Counter(label: "tiniapp_auth_requests_total", dimensions: dimensions, factory: factory)
            requests[kind] = new
            return new
        }
        counter.increment()
        durations[route]?.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }
}
