import NIOCore
import NIOPosix
import NIOSSL
import Text

/// Finds expired certificates in an untrusted chain, by asking the server for it again. On the event loop.
struct ChainDiagnosis {
    /// How long an answer is reused: during an outage each call opens a new connection.
    private static let interval = TimeAmount.minutes(1)

    private var last: (time: NIODeadline, isExpired: EventLoopFuture<Bool>)?

    /// - Parameters:
    ///   - address: the server that sent the chain.
    ///   - name: the server's name; nil if it is known by its address.
    ///   - trusted: the issuers from our file of trusted certificates.
    /// - Returns: whether one of the chain's certificates, or one of these issuers, has expired. If the chain does not
    ///   arrive in time, only the issuers are checked.
    mutating func expiredCertificate(
        at address: SocketAddress,
        name: String?,
        _ context: NIOSSLContext,
        _ trusted: [NIOSSLCertificate],
        _ eventLoop: any EventLoop,
        until deadline: NIODeadline
    ) -> EventLoopFuture<Bool> {
        if let last, .now() - last.time < Self.interval { return last.isExpired }
        let found = eventLoop.makePromise(of: Bool.self)
        let now = WallClock.milliseconds() / 1_000
        let isIssuerExpired = trusted.contains { $0.notValidAfter < now }
        let timer = eventLoop.scheduleTask(deadline: deadline) { found.succeed(isIssuerExpired) }
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: name) {
                        (chain, verified: EventLoopPromise<NIOSSLVerificationResult>) in
                        found.succeed(isIssuerExpired || chain.contains { $0.notValidAfter < now })
                        // Enough: the connection is not needed.
                        verified.succeed(NIOSSLVerificationResult.failed)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): channel.closeFuture.whenComplete { _ in found.succeed(isIssuerExpired) }
                case .failure: found.succeed(isIssuerExpired)
                }
            }
        let isExpired = found.futureResult.always { _ in timer.cancel() }
        last = (.now(), isExpired)
        return isExpired
    }
}
