import TiniAppAuth

/// The verdict of a check, in its last sentence.
struct CheckVerdict {
    /// Whether logins will work, as far as can be seen from here.
    let isGood: Bool
    private let text: String

    /// - Parameters:
    ///   - reports: of the endpoints; empty if they were not tried.
    ///   - store: of the shared store; nil if there is none, or it was not tried.
    init(_ reports: [EndpointReport], _ store: SharedStoreReport? = nil) {
        let skew = reports.compactMap(\.clockSkew).max { abs($0) < abs($1) } ?? 0
        let clock = "This machine's clock is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") Tiki's"
        if reports.isEmpty {
            (isGood, text) = (true, "The settings are complete; --upstream tries the way to Tiki, too.")
        } else if !reports.allSatisfy(\.isReachable) {
            (isGood, text) = (false, "Tiki cannot be reached: the reason is above.")
        } else if abs(skew) >= ClockSkew.refused {
            let advice = "Set the clock; timedatectl shows whether it is synchronized."
            (isGood, text) = (false, "\(clock): expect Tiki to refuse every call. \(advice)")
        } else if let store, !store.isUsable, store.isRequired {
            (isGood, text) = (false, "The shared store cannot be used, and nothing is sent to Tiki without it.")
        } else if abs(skew) > ClockSkew.tolerated {
            (isGood, text) = (true, "\(clock): from \(ClockSkew.refused) s on, expect Tiki to refuse every call.")
        } else if let store, !store.isUsable {
            (isGood, text) = (true, "Tiki can be reached, but not the shared store: each instance is by itself.")
        } else {
            (isGood, text) = (true, "The settings are complete, and Tiki can be reached.")
        }
    }

    var description: String { "verdict: \(isGood ? "good" : "bad"). \(text)" }
}
