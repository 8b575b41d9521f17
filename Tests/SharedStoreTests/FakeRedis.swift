import Foundation
import Glibc
import TestSupport

/// A server that answers each command by script, right or wrong.
final class FakeRedis: Sendable {
    /// A reaction to a command.
    enum Reaction: Sendable {
        case bytes(String)
        /// Sent some milliseconds apart.
        case pieces([String])
        case close

        static let silence = bytes("")
    }

    private let listener: LoopbackListener
    private let connections = Locked(0)

    var url: String { "redis://127.0.0.1:\(listener.port)" }
    /// How many connections it has accepted.
    var accepted: Int { connections.value }

    /// - Parameters:
    ///   - greeting: sent first on each connection.
    ///   - script: gets the connection's number, from 1, and the command with its arguments.
    init(
        greeting: String = "",
        script: @escaping @Sendable (_ connection: Int, _ command: [String]) -> Reaction
    ) throws {
        listener = try LoopbackListener()
        listener.serve { [connections] connection in
            defer { close(connection) }
            let number = connections.change { count in
                count += 1
                return count
            }
            try? Self.serve(connection, greeting) { script(number, $0) }
        }
    }

    private static func serve(_ connection: CInt, _ greeting: String, _ react: ([String]) -> Reaction) throws {
        try Sockets.sendAll(connection, Data(greeting.utf8))
        var text = ""
        while case let part = try Sockets.receive(connection), !part.isEmpty {
            text += String(decoding: part, as: UTF8.self)
            // The last one is not complete.
            var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
            while let count = lines.first.flatMap({ Int($0.dropFirst()) }), lines.count > 1 + 2 * count {
                let command = lines.prefix(1 + 2 * count).map(String.init)
                lines = lines.dropFirst(1 + 2 * count)
                switch react((1...count).map { command[2 * $0] }) {
                case .bytes(let bytes): try Sockets.sendAll(connection, Data(bytes.utf8))
                case .pieces(let pieces):
                    for piece in pieces {
                        try Sockets.sendAll(connection, Data(piece.utf8))
                        usleep(3_000)
                    }
                case .close: return
                }
            }
            text = lines.joined(separator: "\r\n")
        }
    }
}
