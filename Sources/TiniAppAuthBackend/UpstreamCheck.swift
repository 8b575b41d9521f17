import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TiniAppAuth

/// Connects to an endpoint as the service does, and looks at what it finds. Sends no code, no token, no signature:
/// a `HEAD` request, for the `Date` in its answer.
struct UpstreamCheck {
    /// What was found, with a line for the terminal.
    struct Report {
        var isReachable: Bool
        /// Seconds by which our clock is ahead of the endpoint's; nil if that is not known.
        var clockSkew: Int64?
        var text: String
    }

    private let url: UpstreamURL
    private let configuration: UpstreamClient.Configuration

    init(_ url: UpstreamURL, _ configuration: UpstreamClient.Configuration) {
        self.url = url
        self.configuration = configuration
    }

    func run() async -> Report {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        do {
            let connector = try UpstreamConnector(
                origin: url.origin,
                caFile: configuration.caFile,
                timeout: configuration.connectTimeout,
                eventLoop: eventLoop
            )
            let started = ContinuousClock.now
            let channel = try await connector.connect().get()
            let latency = ContinuousClock.now - started
            var parts = ["\(url.origin.host) port \(url.origin.port)", "connected in \(Self.milliseconds(latency)) ms"]
            parts.append(try await Self.certificateText(channel))
            let date = try await HeadRequest.send(to: url, on: channel, timeout: configuration.connectTimeout)
            let skew = Self.skew(date, now: configuration.clock())
            parts.append(skew.map { "clock skew \($0) s" } ?? "clock skew unknown: no Date in the answer")
            return Report(isReachable: true, clockSkew: skew, text: parts.joined(separator: ", "))
        } catch {
            return Report(
                isReachable: false,
                text: "\(url.origin.host) port \(url.origin.port), not reachable: \(error)"
            )
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }

    private static func certificateText(_ channel: any Channel) async throws -> String {
        let certificate = try await channel.pipeline.handler(type: NIOSSLHandler.self)
            .map { $0.peerCertificate.map { CertificateText.text(for: $0) } }
            .flatMapError { _ in channel.eventLoop.makeSucceededFuture(nil) }
            .get()
        return certificate ?? "no TLS"
    }

    private static func skew(_ date: String?, now: Int64) -> Int64? {
        // Date has whole seconds: half of one is the best guess.
        date.flatMap(HTTPDate.unixTime).map { (now - $0 * 1_000 - 500) / 1_000 }
    }
}
