import NIOCore
import NIOPosix

/// What one connection that is being opened waits for: the addresses of both families, each by itself. Lives on the
/// event loop.
final class NameQuery {
    /// For which ``Names`` keeps the answer.
    private let deadline: NIODeadline
    private let v4: EventLoopPromise<[SocketAddress]>
    private let v6: EventLoopPromise<[SocketAddress]>
    private var needsV4 = true
    private var needsV6 = true
    /// Whether it has got an address to try.
    private(set) var hasAddress = false
    /// Whether a lookup has begun since.
    var hasSeenStart = false

    init(eventLoop: any EventLoop, deadline: NIODeadline) {
        self.deadline = deadline
        v4 = eventLoop.makePromise()
        v6 = eventLoop.makePromise()
    }

    deinit { fail(CancellationError()) }

    /// For NIO to connect by.
    func resolver(on eventLoop: any EventLoop) -> NameResolver {
        NameResolver(
            v4: v4.futureResult,
            v6: v6.futureResult,
            query: NIOLoopBound(self, eventLoop: eventLoop)
        )
    }

    /// Whether an answer would still be of use.
    func isWaiting(at time: NIODeadline) -> Bool { (needsV4 || needsV6) && deadline > time }

    /// Takes the addresses that are there. Others may come.
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

    /// Takes the addresses. No others come.
    func complete(_ addresses: NameAddresses) {
        take(addresses)
        take(NameAddresses(v4: [], v6: []))
    }

    /// Nothing comes any more.
    func fail(_ error: any Error) {
        if needsV4 { v4.fail(error) }
        if needsV6 { v6.fail(error) }
        (needsV4, needsV6) = (false, false)
    }
}

/// Gives NIO's happy eyeballs the addresses of a query. It connects to the first that is there, and prefers IPv6 if that
/// comes within 50 ms (RFC 8305).
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
