import NIOCore
import NIOSSL
import Transport

/// Connects to a URL's origin as calls do, and sends one `HEAD` request: to see whether calls can work.
package struct UpstreamProbe {
    /// The findings.
    package struct Report: Sendable {
        /// Time for name, TCP and TLS together.
        package var connectDuration: Duration
        /// When the server's certificate ends, in seconds since 1970; nil without TLS. The certificate has been verified.
        package var certificateEnd: Int64?
        /// Whether there was an answer, of any status. A server need not have one for `HEAD`, which calls do not use.
        package var isAnswered: Bool
        /// The answer's `Date` field as it came; nil if it has none.
        package var date: String?
    }

    /// Why calls cannot work although a server accepts connections, in words that an operator understands.
    package enum Failure: String, Error, CustomStringConvertible, Sendable {
        case notHTTP = "answers, but not in HTTP"
        case closed = "connected, but closed by the server without an answer"
        case isTLS = "answers in TLS: should the URL begin with https?"

        package var description: String { rawValue }
    }

    private let url: UpstreamURL
    private let configuration: UpstreamClient.Configuration
    private let eventLoop: any EventLoop

    package init(_ url: UpstreamURL, _ configuration: UpstreamClient.Configuration, eventLoop: any EventLoop) {
        self.url = url
        self.configuration = configuration
        self.eventLoop = eventLoop
    }

    /// - Throws: ``ConnectFailure`` if there is no connection, ``Failure`` if calls cannot work over it, ``TrustError`` if
    ///   the trusted certificates cannot be used.
    package func run() async throws -> Report {
        let started = ContinuousClock.now
        let connection = try await connect()
        let connectDuration = ContinuousClock.now - started
        let first = try await head(on: connection)
        if !first.isHTTP {
            if first.isTLS { throw Failure.isTLS }
            if !first.bytes.isEmpty { throw Failure.notHTTP }
            if first.end == .closed { throw Failure.closed }
        }
        return Report(
            connectDuration: connectDuration,
            certificateEnd: connection.certificateEnd,
            isAnswered: first.isHTTP,
            date: first.date
        )
    }

    /// Opens a connection as calls do. The reader is there before the first byte, which the server may send unasked.
    private func connect() async throws -> Connection {
        let origin = url.origin
        let trust = try UpstreamTrust(caFile: configuration.caFile, usesTLS: origin.usesTLS)
        let connector = Connector(
            host: origin.host,
            port: origin.port,
            trust: origin.usesTLS ? trust.certificates : nil,
            timeout: configuration.connectTimeout,
            eventLoop: eventLoop
        )
        // All of it on the event loop: from elsewhere the reader would be registered only some time after that.
        return try await eventLoop.flatSubmit {
            connector.connect().flatMapThrowing { channel in
                let first = channel.eventLoop.makePromise(of: FirstBytes.self)
                let sync = channel.pipeline.syncOperations
                try sync.addHandler(FirstBytesReader(first))
                let certificate = try? sync.handler(type: NIOSSLHandler.self).peerCertificate
                return Connection(
                    channel: channel,
                    first: first,
                    certificateEnd: certificate.map { Int64($0.notValidAfter) }
                )
            }
        }.get()
    }

    /// Sends the request, and reads what comes first.
    private func head(on connection: Connection) async throws -> FirstBytes {
        let request = """
            HEAD \(url.pathAndQuery) HTTP/1.1\r
            Host: \(url.origin.authority)\r
            Connection: close\r
            \r

            """
        let channel = connection.channel
        channel.writeAndFlush(channel.allocator.buffer(string: request), promise: nil)
        return try await connection.firstBytes(within: configuration.connectTimeout)
    }
}

/// One connection of the probe.
private struct Connection: Sendable {
    let channel: any Channel
    let first: EventLoopPromise<FirstBytes>
    let certificateEnd: Int64?

    /// Returns the server's answer, then closes the connection.
    func firstBytes(within timeout: TimeAmount) async throws -> FirstBytes {
        let timer = channel.eventLoop.scheduleTask(in: timeout) { first.succeed(FirstBytes(end: .timeout)) }
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        return try await first.futureResult.get()
    }
}
