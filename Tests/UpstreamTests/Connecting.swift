import NIOCore
import NIOPosix
import Testing

@testable import Upstream

/// Tries to connect.
enum Connecting {
    /// Connects to a server that must fail us.
    ///
    /// - Returns: why it failed.
    static func failure(
        _ url: String,
        caFile: String? = nil,
        timeout: TimeAmount = .seconds(10)
    ) async throws -> ConnectFailure {
        let connector = UpstreamConnector(
            origin: try #require(UpstreamURL(url)).origin,
            trust: try UpstreamTrust(caFile: caFile, usesTLS: true),
            timeout: timeout,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        )
        return try await #require(throws: ConnectFailure.self) {
            let channel = try await connector.connect().get()
            try await channel.close()
        }
    }
}
