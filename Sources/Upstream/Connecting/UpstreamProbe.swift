import NIOCore
import NIOHTTP1
import NIOSSL

/// Connects to an URL's origin as calls do, and sends one `HEAD` request: to see whether calls can work.
package struct UpstreamProbe {
    /// What was found.
    package struct Report: Sendable {
        /// Time for name, TCP and TLS together.
        package var connectDuration: Duration
        /// When the server's certificate ends, in seconds since 1970; nil without TLS. The certificate has been verified.
        package var certificateEnd: Int64?
        /// The answer's `Date` field as it came; nil if it has none.
        package var date: String?
    }

    private let url: UpstreamURL
    private let configuration: UpstreamClient.Configuration
    private let eventLoop: any EventLoop

    package init(_ url: UpstreamURL, _ configuration: UpstreamClient.Configuration, eventLoop: any EventLoop) {
        self.url = url
        self.configuration = configuration
        self.eventLoop = eventLoop
    }

    /// - Throws: ``ConnectFailure`` if there is no connection, ``TrustError`` if the trusted certificates cannot be used,
    ///   NIO's error if no answer comes, or what comes is not HTTP.
    package func run() async throws -> Report {
        let connector = UpstreamConnector(
            origin: url.origin,
            trust: try UpstreamTrust(caFile: configuration.caFile, usesTLS: url.origin.usesTLS),
            timeout: configuration.connectTimeout,
            eventLoop: eventLoop
        )
        let started = ContinuousClock.now
        let channel = try await connector.connect().get()
        let connectDuration = ContinuousClock.now - started
        let certificate = try? await channel.pipeline.handler(type: NIOSSLHandler.self).map(\.peerCertificate).get()
        return Report(
            connectDuration: connectDuration,
            certificateEnd: certificate.map { Int64($0.notValidAfter) },
            date: try await date(on: channel)
        )
    }

    private func date(on channel: any Channel) async throws -> String? {
        let answer = channel.eventLoop.makePromise(of: String?.self)
        let timeout = configuration.connectTimeout
        let timer = channel.eventLoop.scheduleTask(in: timeout) { answer.fail(ChannelError.connectTimeout(timeout)) }
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(DateReader(answer))
            let headers: HTTPHeaders = ["Host": url.origin.authority, "Connection": "close"]
            let head = HTTPRequestHead(version: .http1_1, method: .HEAD, uri: url.pathAndQuery, headers: headers)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }.get()
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        return try await answer.futureResult.get()
    }
}

/// Takes the `Date` out of an answer's head.
private final class DateReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<String?>

    init(_ answer: EventLoopPromise<String?>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { answer.succeed(head.headers.first(name: "Date")) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(ChannelError.eof)
    }
}
