import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A real Redis server, or Valkey if `REDIS_SERVER` names it, on its own unix socket and, with certificates, on a TLS
/// port. Stores nothing on disk unless told to.
final class RedisServer: Sendable {
    private let directory: ScratchDirectory
    private let arguments: [String]
    /// The input of the shell that runs it. Its end, which is also that of a crashed test process, ends both.
    private let shell = Mutex<UnsafeMutablePointer<FILE>?>(nil)
    private let pid = Locked<pid_t>(0)
    /// Keeps the TLS port while the server is down.
    private let reserved: ReservedPort?
    /// The URL of its unix socket.
    var url: String { "redis+unix://\(path)" }
    var path: String { directory.path("redis.sock") }
    /// The port for TLS; 0 without TLS.
    var tlsPort: Int { reserved?.port ?? 0 }

    /// - Parameter authority: issues the certificate for TLS.
    init(_ more: [String] = [], password: String? = nil, authority: TestAuthority? = nil) async throws {
        directory = try ScratchDirectory()
        reserved = try authority.map { _ in try ReservedPort() }
        var arguments = [
            "--port", "0", "--unixsocket", directory.path("redis.sock"), "--dir", directory.path, "--save", "",
        ]
        if let password { arguments += ["--requirepass", password] }
        if let authority, let reserved {
            let files = try authority.issue("DNS:localhost")
            arguments += [
                "--tls-port", "\(reserved.port)", "--tls-cert-file", files.certificate, "--tls-key-file", files.key,
                "--tls-auth-clients", "no", "--bind", "127.0.0.1",
            ]
        }
        self.arguments = arguments + more
        try await start()
    }

    deinit {
        stop()
    }

    /// Starts it, also again with the same arguments.
    func start() async throws {
        let name = ProcessInfo.processInfo.environment["REDIS_SERVER"] ?? "redis-server"
        let command = ([name] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let (log, pidFile) = (directory.path("redis.log"), directory.path("pid"))
        unlink(path)
        let script = "\(command) >\(log) & echo $! >\(pidFile); read _; kill -KILL $!"
        shell.withLock { $0 = popen("{ \(script); } 2>\(log)", "we") }
        try await eventually("the start of \(name)") {
            guard let socket = try? Sockets.connect(path: path) else { return false }
            close(socket)
            return true
        }
        let text = try String(contentsOfFile: pidFile, encoding: .utf8)
        pid.value = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
    }

    func signal(_ number: CInt) { kill(pid.value, number) }

    /// Kills it, and waits for its end.
    func stop() {
        shell.withLock { input in
            if let input { pclose(input) }
            input = nil
        }
        while let socket = try? Sockets.connect(path: path) { close(socket) }
    }

    /// The reply to one command, as received, over a new connection.
    @discardableResult
    func run(_ arguments: String..., password: String? = nil) throws -> String {
        try run(arguments, password: password)
    }

    @discardableResult
    func run(_ arguments: [String], password: String? = nil) throws -> String {
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
