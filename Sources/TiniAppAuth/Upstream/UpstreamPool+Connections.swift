import NIOCore
import NIOHTTP1

extension UpstreamPool: UpstreamConnectionOwner {
    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    ) {
        counts.move(from: old, to: new)
        metrics.connection(from: old, to: new)
        if new == .ageing { openIfNeeded() }
    }

    func connection(_ connection: UpstreamConnection, received head: HTTPResponseHead, for call: UpstreamCall) {
        if let date = head.headers.first(name: "Date") { skew.observe(date, sentAt: call.sentAt) }
    }

    func connectionIsFree(_ connection: UpstreamConnection) {
        if connection.state.hasServed { warm.didServe() }
        guard let time = IdleTime(keepAlive: connection.keepAlive, share: connection.ageingShare) else {
            return connection.close()
        }
        guard offer(connection) else { return }
        idle.append(connection)
        connection.expire(after: time)
    }

    func connectionEnded(_ connection: UpstreamConnection, isFault: Bool) {
        connections[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        if let openedAt = connection.openedAt { warm.didEnd(after: .now() - openedAt) }
        if isFault { openWarmLater() }
        openIfNeeded()
    }

    func sendAgain(_ call: UpstreamCall) { dispatch(call) }

    /// Lets some time pass before connections are opened again that no call waits for.
    func openWarmLater() {
        guard let time = warm.didFail(using: &random) else { return }
        warmTimer = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.warm.retry()
            self?.openIfNeeded()
        }
    }
}
