import NIOCore
import NIOSSL
import Text
import Transport

/// Connects to a URL's origin as calls do, and sends one `HEAD` request: to see whether calls can work.
package struct UpstreamProbe: Sendable {
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
        let trust = try UpstreamTrust(caFile: configuration.caFile, usesTLS: url.origin.usesTLS)
        let connector = Connector(
            host: url.origin.host,
            port: url.origin.port,
            trust: url.origin.usesTLS ? trust.certificates : nil,
            timeout: configuration.connectTimeout,
            eventLoop: eventLoop
        )
        let started = ContinuousClock.now
        // All of it on the event loop: from elsewhere the reader would be registered only some time after the connection, on
        // which the server may send unasked.
        return try await eventLoop.flatSubmit { connector.connect().flatMap { examine($0, since: started) } }.get()
    }

    /// Sends the request over an open connection, and closes it after the answer's head.
    private func examine(_ channel: any Channel, since start: ContinuousClock.Instant) -> EventLoopFuture<Report> {
        let connectDuration = ContinuousClock.now - start
        let head = channel.eventLoop.makePromise(of: ResponseHead?.self)
        let pipeline = channel.pipeline.syncOperations
        let certificate = try? pipeline.handler(type: NIOSSLHandler.self).peerCertificate
        let end = certificate.map { Int64($0.notValidAfter) }
        do { try pipeline.addHandler(HeadReader(head)) } catch { head.fail(error) }
        let request = """
            HEAD \(url.pathAndQuery) HTTP/1.1\r
            Host: \(url.origin.authority)\r
            Connection: close\r
            \r

            """
        channel.writeAndFlush(channel.allocator.buffer(string: request), promise: nil)
        let timer = channel.eventLoop.scheduleTask(in: configuration.connectTimeout) { head.succeed(nil) }
        return head.futureResult.map { head in
            Report(
                connectDuration: connectDuration,
                certificateEnd: end,
                isAnswered: head != nil,
                date: head?.fields.first("date")
            )
        }.always { _ in
            timer.cancel()
            channel.close(promise: nil)
        }
    }
}

/// Reads the head of an answer. Hides its bytes from later handlers.
private final class HeadReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<ResponseHead?>
    private var parser = ResponseParser(maxBodyBytes: .max)
    private var first: [UInt8] = []

    init(_ done: EventLoopPromise<ResponseHead?>) {
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        first += buffer.readableBytesView.prefix(2 - first.count)
        do {
            _ = try buffer.withUnsafeReadableBytes { try parser.consume($0) }
            if let head = parser.head { done.succeed(head) }
        } catch {
            // An alert or a handshake record of TLS (RFC 8446 section 5.1).
            let isTLS = first == [0x15, 3] || first == [0x16, 3]
            done.fail(isTLS ? UpstreamProbe.Failure.isTLS : .notHTTP)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { done.fail(UpstreamProbe.Failure.closed) }

    func channelInactive(context: ChannelHandlerContext) { done.fail(UpstreamProbe.Failure.closed) }
}
