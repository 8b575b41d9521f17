import Foundation
import Glibc
import TestSupport

/// A real Redis server, or Valkey if `REDIS_SERVER` names it, on its own unix socket and, with certificates, on a TLS
/// port. Stores nothing on disk unless told to.
final class RedisServer: Sendable {
    private let directory: ScratchDirectory
    private let arguments: [String]
    private let process: Locked<ChildProcess>
    /// Keeps the TLS port while the server is down.
    private let reserved: ReservedPort?
    /// The URL of its unix socket.
    var url: String { "redis+unix://\(path)" }
    var path: String { directory.path("redis.sock") }
    /// The port for TLS; 0 without TLS.
    var tlsPort: Int { reserved?.port ?? 0 }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - authority: issues the certificate for TLS.
    ///   - names: the names that the certificate is for.
    init(
        _ more: [String] = [],
        password: String? = nil,
        authority: TestAuthority? = nil,
        names: String = "DNS:localhost"
    ) async throws {
        directory = try ScratchDirectory()
        reserved = try authority.map { _ in try ReservedPort() }
        var arguments = [
            "--port", "0", "--unixsocket", directory.path("redis.sock"), "--dir", directory.path, "--save", "",
        ]
        if let password { arguments += ["--requirepass", password] }
        if let authority, let reserved {
            let files = try authority.issue(names)
            arguments += [
                "--tls-port", "\(reserved.port)", "--tls-cert-file", files.certificate, "--tls-key-file", files.key,
                "--tls-auth-clients", "no", "--bind", "127.0.0.1",
            ]
        }
        self.arguments = arguments + more
        process = Locked(try await Self.launch(self.arguments, in: directory))
    }

    deinit {
        signal(SIGKILL)
    }

    private static func launch(_ arguments: [String], in directory: ScratchDirectory) async throws -> ChildProcess {
        let name = ProcessInfo.processInfo.environment["REDIS_SERVER"] ?? "redis-server"
        unlink(directory.path("redis.sock"))
        let process = try await ChildProcess.start([name] + arguments, log: directory.path("redis.log"))
        try await process.waitUntilReady {
            guard let socket = try? Sockets.connect(path: directory.path("redis.sock")) else { return false }
            close(socket)
            return true
        }
        return process
    }

    func signal(_ number: CInt) { process.value.signal(number) }

    /// Kills it.
    func stop() async { await process.value.stop() }

    /// Starts it again with the same arguments.
    func startAgain() async throws {
        process.value = try await Self.launch(arguments, in: directory)
    }

    /// Runs one command over a new connection.
    ///
    /// - Returns: the reply as received.
    @discardableResult
    func run(_ arguments: String..., password: String? = nil) throws -> String {
        try run(arguments, password: password)
    }

    /// Gives the user `app` these rules.
    func setUser(_ rules: [String]) throws {
        let reply = try run(["ACL", "SETUSER", "app"] + rules)
        guard reply == "+OK\r\n" else { throw TestSupportError("ACL SETUSER: \(reply)") }
    }

    private func run(_ arguments: [String], password: String? = nil) throws -> String {
        let socket = try Sockets.connect(path: path, timeout: 5)
        defer { close(socket) }
        if let password { _ = try Self.send(["AUTH", password], to: socket) }
        return try Self.send(arguments, to: socket)
    }

    private static func send(_ words: [String], to socket: CInt) throws -> String {
        let bulk = words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        try Sockets.sendAll(socket, Data("*\(words.count)\r\n\(bulk)".utf8))
        return String(decoding: try Sockets.receive(socket), as: UTF8.self)
    }
}
