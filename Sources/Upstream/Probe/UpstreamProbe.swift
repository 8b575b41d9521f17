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
        case isNotTLS = "this port does not speak TLS"
        case isHTTP = "this port does not speak TLS, but plain HTTP"

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
        let connection: Connection
        do {
            connection = try await connect(to: url.origin)
        } catch let failure as ConnectFailure {
            throw await whyNoTLS(after: failure) ?? failure
        }
        let connectDuration = ContinuousClock.now - started
        let first = try await head(on: connection)
        // Servers refuse plain text on a port for TLS in many ways: an alert, the end, or an answer of plain HTTP.
        if !url.origin.usesTLS, first.isTLS || first.end == .closed || first.status == 400, await speaksTLS() {
            throw Failure.isTLS
        }
        if !first.isHTTP {
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

    /// The reason for a failed handshake if the server answered, but not in TLS; nil if it did, or did not answer at all.
    private func whyNoTLS(after failure: ConnectFailure) async -> Failure? {
        // The other reasons leave no doubt.
        guard url.origin.usesTLS, [.tls, .closed, .timedOut].contains(failure.reason),
            let first = try? await greetingInTLS(), !first.isTLS
        else { return nil }
        if first.isHTTP { return .isHTTP }
        if !first.bytes.isEmpty { return .isNotTLS }
        // It may wait for the end of a line.
        guard let connection = try? await connect(to: plainOrigin) else { return nil }
        return (try? await head(on: connection))?.isHTTP == true ? .isHTTP : nil
    }

    private func speaksTLS() async -> Bool { (try? await greetingInTLS())?.isTLS == true }

    private var plainOrigin: UpstreamURL.Origin {
        UpstreamURL.Origin(usesTLS: false, host: url.origin.host, port: url.origin.port)
    }

    /// Opens a connection as calls do. The reader is there before the first byte, which the server may send unasked.
    private func connect(to origin: UpstreamURL.Origin) async throws -> Connection {
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

    /// Begins a handshake, and reads the server's side of it as it comes. The certificate's owner does not matter here.
    private func greetingInTLS() async throws -> FirstBytes {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        let name = url.origin.serverName
        let connection = try await connect(to: plainOrigin)
        let channel = connection.channel
        try await channel.eventLoop.submit {
            // After the reader: it sends, and receives nothing.
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
        }.get()
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
