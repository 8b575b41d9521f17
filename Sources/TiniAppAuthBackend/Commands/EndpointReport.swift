import FoundationEssentials
import NIOPosix
import Text
import Upstream

/// The findings of `check --upstream` at an endpoint, with a line for the terminal. Sends no code, token or signature.
struct EndpointReport {
    var isReachable: Bool
    /// Seconds by which our clock is ahead of the endpoint's; nil if that is not known.
    var clockSkew: Int64?
    var text: String
}

extension EndpointReport {
    /// Connects to the endpoint as the service does, and examines it.
    init(of url: UpstreamURL, _ configuration: UpstreamClient.Configuration) async {
        let place = "\(url.origin.host) port \(url.origin.port)"
        do {
            let probe = UpstreamProbe(url, configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.any())
            let report = try await probe.run()
            let skew = report.date.flatMap { Self.skew($0, now: configuration.clock()) }
            let duration = "connected in \(Int64(report.connectDuration / .milliseconds(1))) ms"
            let parts = [
                place, report.isAnswered ? duration : "connected, but no answer to HEAD",
                report.certificateEnd.map(Self.certificateText) ?? "no TLS",
                skew.map { "clock skew \($0) s" }
                    ?? "clock skew unknown\(report.isAnswered ? ": no Date in the answer" : "")",
            ]
            self.init(isReachable: true, clockSkew: skew, text: parts.joined(separator: ", "))
        } catch {
            self.init(isReachable: false, text: "\(place), not reachable: \(error)")
        }
    }

    private static func certificateText(end: Int64) -> String {
        let end = Date(timeIntervalSince1970: TimeInterval(end))
        return "certificate verified, valid until \(end.formatted(.iso8601))"
    }

    private static func skew(_ date: String, now: Int64) -> Int64? {
        // Date has whole seconds: half of one is the best guess.
        HTTPDate.unixTime(date).map { (now - $0 * 1_000 - 500) / 1_000 }
    }
}
