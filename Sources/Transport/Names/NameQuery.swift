import NIOCore
import NIOPosix

/// One opening connection's wait for addresses, each family separately. Lives on the event loop.
final class NameQuery {
    /// When the connection no longer needs an answer.
    private let deadline: NIODeadline
    private let v4: EventLoopPromise<[SocketAddress]>
    private let v6: EventLoopPromise<[SocketAddress]>
    private var needsV4 = true
    private var needsV6 = true
    /// Whether it has an address to try.
    private(set) var hasAddress = false
    /// Whether a lookup has started since.
    var isFromBeforeLookup = false

    init(eventLoop: any EventLoop, deadline: NIODeadline) {
        self.deadline = deadline
        v4 = eventLoop.makePromise()
        v6 = eventLoop.makePromise()
    }

    deinit { fail(CancellationError()) }

    /// The resolver that NIO connects with.
    func resolver(on eventLoop: any EventLoop) -> NameResolver {
        NameResolver(
            v4: v4.futureResult,
            v6: v6.futureResult,
            query: NIOLoopBound(self, eventLoop: eventLoop)
        )
    }

    /// Whether an answer would still help.
    func isWaiting(at time: NIODeadline) -> Bool { (needsV4 || needsV6) && deadline > time }

    /// Takes the addresses found so far. More may come.
    func take(_ addresses: NameAddresses) {
        if let found = addresses.v4, needsV4 {
            needsV4 = false
            hasAddress = hasAddress || !found.isEmpty
            v4.succeed(found)
        }
        if let found = addresses.v6, needsV6 {
            needsV6 = false
            hasAddress = hasAddress || !found.isEmpty
            v6.succeed(found)
        }
    }

    /// Takes the addresses. There will be no others.
    func complete(_ addresses: NameAddresses) {
        take(addresses)
        take(NameAddresses(v4: [], v6: []))
    }

    /// Fails what is still waiting.
    func fail(_ error: any Error) {
        if needsV4 { v4.fail(error) }
        if needsV6 { v6.fail(error) }
        (needsV4, needsV6) = (false, false)
    }
}

/// Gives a query's addresses to NIO's happy eyeballs, which connects to the first one that arrives, and prefers IPv6 if
/// it arrives within 50 ms (RFC 8305).
struct NameResolver: Resolver, Sendable {
    fileprivate let v4: EventLoopFuture<[SocketAddress]>
    fileprivate let v6: EventLoopFuture<[SocketAddress]>
    /// Called by NIO on the event loop.
    fileprivate let query: NIOLoopBound<NameQuery>

    /// Whether there was an address to try. On the event loop.
    var hasAddress: Bool { query.value.hasAddress }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v4 }
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { v6 }
    func cancelQueries() { query.value.fail(CancellationError()) }
}
