import Foundation
import Glibc

/// The socket of a ``FaultConnection``.
struct FaultSocket {
    let descriptor: CInt

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        // A peer that neither sends nor closes must not hold a thread forever.
        Sockets.setTimeout(descriptor, seconds: 60)
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Whether anything, or the connection's end, arrives in time. Leaves it unread.
    func hasMore(within microseconds: Int) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&polled, 1, CInt(microseconds / 1_000)) > 0 { return true }
        usleep(UInt32(microseconds % 1_000))
        return poll(&polled, 1, 0) > 0
    }

    /// The bytes waiting to be read, which stay unread. Waits for the first.
    func peek() -> Data {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_PEEK))
        return Data(buffer.prefix(max(0, count)))
    }

    /// Closes the sending side; reading is still possible.
    func endSending() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Reads until the peer closes, too, or for half a second.
    func readRest() -> Data {
        var rest = Data()
        while hasMore(within: 500_000), let part = try? Sockets.receive(descriptor), !part.isEmpty { rest += part }
        return rest
    }

    /// Makes the coming close a reset.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends the first bytes, then the others after each pause, until the peer has closed.
    func trickle(_ start: String, _ rest: String, everyMicroseconds pause: Int) {
        guard send(Data(start.utf8)) else { return }
        // The peer sends nothing more, so anything that arrives is its end.
        while !hasMore(within: pause), send(Data(rest.utf8)) {}
    }

    /// Sends the first bytes, then the others repeatedly, until the peer has closed or 64 MiB are sent.
    func flood(_ start: String, _ rest: String) {
        guard send(Data(start.utf8)) else { return }
        for _ in 0..<(67_108_864 / rest.utf8.count) { guard send(Data(rest.utf8)) else { return } }
    }

    /// Sends bytes.
    ///
    /// - Returns: whether the peer is still there.
    func send(_ bytes: Data) -> Bool { (try? Sockets.sendAll(descriptor, bytes)) != nil }
}
