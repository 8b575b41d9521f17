import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Transport

enum Connecting {
    /// Why a connection fails, which it must.
    static func failure(
        _ url: String,
        caFile: String? = nil,
        timeout: TimeAmount = .seconds(10)
    ) async throws -> ConnectFailure {
        try await #require(throws: ConnectFailure.self) {
            try await connect(url, caFile: caFile, timeout: timeout)
        }
    }

    /// Connects to a server, then closes the connection.
    static func connect(_ url: String, caFile: String? = nil, timeout: TimeAmount = .seconds(10)) async throws {
        let parts = try #require(URLComponents(string: url))
        let usesTLS = parts.scheme == "https"
        let connector = Connector(
            host: try #require(parts.host),
            port: parts.port ?? 443,
            trust: usesTLS ? try TrustedCertificates(caFile: caFile, usesTLS: true) : nil,
            timeout: timeout,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        )
        try await connector.connect().get().close()
    }
}
