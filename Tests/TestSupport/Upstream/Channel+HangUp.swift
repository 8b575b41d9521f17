import Glibc
import NIOCore
import NIOPosix

extension Channel {
    /// Closes the sending side, and waits until the peer's kernel has acknowledged that: on a busy machine this takes
    /// some time, even on the loopback.
    package func hangUp() -> EventLoopFuture<Void> {
        close(mode: .output).flatMap { self.untilAcknowledged() }
    }

    private func untilAcknowledged() -> EventLoopFuture<Void> {
        // Already closed: the peer has seen the end and closed, too.
        guard isActive, let socket = self as? any SocketOptionProvider else {
            return eventLoop.makeSucceededVoidFuture()
        }
        return socket.getTCPInfo().flatMap { info in
            if info.tcpi_state == UInt8(TCP_FIN_WAIT2) { return self.eventLoop.makeSucceededVoidFuture() }
            return self.eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.flatMap {
                self.untilAcknowledged()
            }
        }
    }
}
