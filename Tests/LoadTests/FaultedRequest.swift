import Foundation
import TestSupport

/// A request of the app that asks the upstream for a fault.
struct FaultedRequest: Sendable {
    /// The three calls: path, key of the body, and how often one may arrive at Tiki.
    private static let routes = [
        ("/auth_exchange", "code", 1), ("/auth_refresh", "refresh_token", 1), ("/auth_info", "access_token", 2),
    ]

    let path: String
    let key: String
    let maxArrivals: Int
    let fault: UpstreamFault
    let credential: String

    /// - Parameters:
    ///   - route: counts through the three.
    ///   - pause: see ``UpstreamFault/credential(_:after:)``.
    init(_ fault: UpstreamFault, route: Int, name: String, after pause: Int = 0) {
        (path, key, maxArrivals) = Self.routes[route % 3]
        self.fault = fault
        credential = fault.credential(name, after: pause)
    }

    var json: String { #"{"\#(key)":"\#(credential)"}"# }

    /// Each fault on each route, a third without any, and some of the slow ones; in an order that is no order and the
    /// same each time.
    static func mix(_ count: Int, slow: Int, name: String) -> [FaultedRequest] {
        let fast = UpstreamFault.allCases.filter { !$0.isSlow }
        let palette = fast + Array(repeating: .success, count: fast.count / 2)
        let slowFaults = UpstreamFault.allCases.filter(\.isSlow)
        var generator = CountingGenerator()
        return (0..<count).map { number in
            let faults = number < slow ? slowFaults : palette
            return FaultedRequest(faults[number / 3 % faults.count], route: number, name: "\(name)\(number)")
        }.shuffled(using: &generator)
    }
}

/// Numbers without order that are the same each time (SplitMix64).
private struct CountingGenerator: RandomNumberGenerator {
    private var state: UInt64 = 4

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
