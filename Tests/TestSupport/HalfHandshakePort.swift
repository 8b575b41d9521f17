import Foundation
import Glibc

/// A port of 127.0.0.1 that starts a TLS handshake but does not finish it.
package final class HalfHandshakePort: Sendable {
    /// Its behaviour after half of its first message.
    package enum Ending: Sendable {
        case close
        /// It stays silent for half a minute.
        case stall
    }

    /// The start of a ServerHello (RFC 8446 section 4.1.3): a record of 122 bytes that stops in the random number.
    private static let half = Data([0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3] + Array(repeating: 7, count: 20))

    private let listener: LoopbackListener

    package var port: Int { listener.port }

    package init(_ ending: Ending) throws {
        listener = try LoopbackListener()
        listener.serve { Self.serve($0, ending) }
    }

    private static func serve(_ connection: CInt, _ ending: Ending) {
        // Reads the ClientHello first, since closing would otherwise be a reset.
        _ = try? Sockets.receive(connection)
        try? Sockets.sendAll(connection, half)
        if ending == .stall {
            // Until the peer closes.
            var polled = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, 30_000)
        }
        close(connection)
    }
}
