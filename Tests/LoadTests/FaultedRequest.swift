import Foundation
import TestSupport

/// An app's request that asks the upstream for a fault.
struct FaultedRequest: Sendable {
    /// The three calls: path, the body's key, and how often one may arrive at Tiki.
    private static let routes = [
        ("/auth_exchange", "code", 1), ("/auth_refresh", "refresh_token", 1), ("/auth_info", "access_token", 2),
    ]

    let path: String
    let key: String
    let maxArrivals: Int
    let fault: UpstreamFault
    let credential: String

    /// - Parameters:
    ///   - route: a number that selects one of the three.
    ///   - pause: see ``UpstreamFault/credential(_:after:)``.
    init(_ fault: UpstreamFault, route: Int, name: String, after pause: Int = 0) {
        (path, key, maxArrivals) = Self.routes[route % 3]
        self.fault = fault
        credential = fault.credential(name, after: pause)
    }

    var json: String { #"{"\#(key)":"\#(credential)"}"# }

    /// Each fault on each route, a third without any, and some slow ones; shuffled, but the same each time.
    static func mix(_ count: Int, slow: Int, name: String) -> [FaultedRequest] {
        let fast = UpstreamFault.allCases.filter { !$0.isSlow }
        let palette = fast + Array(repeating: .success, count: fast.count / 2)
        let slowFaults = UpstreamFault.allCases.filter(\.isSlow)
        var generator = SeededGenerator(seed: 4)
        return (0..<count).map { number in
            let faults = number < slow ? slowFaults : palette
            return FaultedRequest(faults[number / 3 % faults.count], route: number, name: "\(name)\(number)")
        }.shuffled(using: &generator)
    }
}
