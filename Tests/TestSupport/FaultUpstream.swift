import Foundation
import Synchronization

/// A fake Tiki that fails in the ways that servers and networks do, and counts what reaches it.
///
/// Written with plain sockets, one thread per connection. Each request asks for its own ``UpstreamFault``; a ``Door``
/// says what happens to a connection before any request.
package final class FaultUpstream: Sendable {
    /// The fate of a connection after it was accepted.
    package enum Door: Sendable {
        case open
        /// Reset at once.
        case reset
        /// Closed at once. Requests that still arrive are counted.
        case close
        /// Closed if no request comes for this many microseconds.
        case idleFor(Int)
    }

    /// A request that arrived.
    package struct Arrival: Sendable {
        package let request: ReceivedRequest
        /// The fault that it got; nil if it came on a connection that was closed on this side.
        package let fault: UpstreamFault?
        /// When it was completely read.
        package let time: ContinuousClock.Instant
    }

    private struct State {
        var arrivals: [Arrival] = []
        var ended = 0
        var isHolding: Bool
        var answer: Data?
    }

    /// Its port on 127.0.0.1.
    package var port: Int { listener.port }
    private let listener: LoopbackListener
    private let state: Mutex<State>
    private let released = NSCondition()

    /// The URL for `AUTH_ENDPOINT`.
    package var authEndpoint: String { "http://127.0.0.1:\(port)/tiniapp-open-api/oauth/auth/token" }
    /// All requests so far.
    package var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    /// How many connections have been closed or reset on this side.
    package var ended: Int { state.withLock { $0.ended } }
    /// How many connections it has accepted.
    package var accepted: Int { listener.accepted }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - isHolding: see ``hold()``.
    ///   - door: the fate of each connection, by its number, counted from 0.
    package init(
        port: Int = 0,
        isHolding: Bool = false,
        door: @escaping @Sendable (Int) -> Door = { _ in .open }
    ) throws {
        state = Mutex(State(isHolding: isHolding))
        listener = try LoopbackListener(port: port)
        listener.serve { [weak self] connection, number in
            var connection = FaultConnection(connection)
            connection.serve(door(number)) { self }
        }
    }

    /// Holds back the answers to all requests from now on, until ``release()``.
    package func hold() {
        state.withLock { $0.isHolding = true }
    }

    /// Answers the held requests, and later ones at once.
    package func release() {
        state.withLock { $0.isHolding = false }
        released.withLock { released.broadcast() }
    }

    /// Waits until this many requests have arrived.
    package func holds(_ count: Int) async throws {
        try await eventually("\(count) calls at the upstream") { arrivals.count == count }
    }

    /// Answers with these bytes, including the head, from now on, whatever fault a request asks for.
    package func answer(with bytes: Data) {
        state.withLock { $0.answer = bytes }
    }

    /// The bytes to answer with; nil if the fault says.
    var givenAnswer: Data? { state.withLock { $0.answer } }

    func waitWhileHolding() {
        released.withLock {
            while state.withLock({ $0.isHolding }) { released.wait() }
        }
    }

    func note(_ request: ReceivedRequest, _ fault: UpstreamFault?) {
        state.withLock { $0.arrivals.append(Arrival(request: request, fault: fault, time: .now)) }
    }

    func noteEnd() {
        state.withLock { $0.ended += 1 }
    }
}
