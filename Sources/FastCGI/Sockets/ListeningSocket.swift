import CLinux
import Glibc

/// The unix socket on which the web server finds us: opened by us, or handed over at the start.
package struct ListeningSocket: ~Copyable, Sendable {
    /// Identity of a file: its path may have got another meaning since we made it.
    private struct FileIdentity: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    /// The socket's origin, which decides what is done with its queue at the end.
    package enum Origin: Sendable {
        case opened
        /// systemd, which goes on listening when we stop.
        case serviceManager
        /// The parent process, which passed the socket as descriptor 0; other processes may have it too.
        case standardInput
    }

    let descriptor: CInt
    /// Where it listens, for messages.
    package let path: String
    package let origin: Origin
    private var ownFile: FileIdentity?

    private init(descriptor: CInt, path: String, origin: Origin) {
        self.descriptor = descriptor
        self.path = path
        self.origin = origin
    }

    /// Closes the socket; removes its file if it is the one that we made.
    deinit {
        SystemCall.close(descriptor)
        if let ownFile, ownFile == Self.identity(of: path) { unlink(path) }
    }

    /// Opens a new socket: mode 0660, close-on-exec, the longest queue that the system allows.
    ///
    /// Replaces the file of a process that is gone, but not a socket in use, nor a file that is not a socket.
    ///
    /// - Throws: ``FastCGIError`` with one sentence for the operator.
    package static func open(path: String) throws(FastCGIError) -> ListeningSocket {
        let address = try UnixAddress(path: path)
        try removeStaleSocket(at: address)
        do throws(SystemCallError) {
            let descriptor = try makeSocket()
            // Closed, and its file removed, if one of the calls fails.
            var socket = ListeningSocket(descriptor: descriptor, path: path, origin: .opened)
            _ = try address.withPointer { (pointer, length) throws(SystemCallError) in
                try SystemCall.run("bind") { bind(descriptor, pointer, length) }
            }
            socket.ownFile = identity(of: path)
            // Nobody can connect before listen(), so the mode is set in time.
            _ = try SystemCall.run("chmod") { chmod(path, 0o660) }
            _ = try SystemCall.run("listen") { Self.listen(descriptor) }
            return socket
        } catch {
            switch error.number {
            case ENOENT: throw .directoryMissing(path: path)
            case EADDRINUSE: throw .inUse(path: path)
            default: throw .socket(path: path, error)
            }
        }
    }

    /// Asks for the longest queue that the system allows.
    func lengthenQueue() { _ = Self.listen(descriptor) }

    /// The kernel cuts the number down to net.core.somaxconn.
    private static func listen(_ descriptor: CInt) -> CInt { Glibc.listen(descriptor, .max) }

    /// Adopts the socket that systemd passes at start (sd_listen_fds(3)): descriptor 3.
    ///
    /// - Parameters:
    ///   - listenPID: the environment's `LISTEN_PID`.
    ///   - listenFDs: the environment's `LISTEN_FDS`.
    /// - Returns: nil if none was passed to this process.
    /// - Throws: ``FastCGIError/unusableInheritedSocket(reason:)`` if it is not one listening unix stream socket.
    package static func adopt(listenPID: String?, listenFDs: String?) throws(FastCGIError) -> ListeningSocket? {
        guard isPassed(listenPID: listenPID, listenFDs: listenFDs), let listenFDs else { return nil }
        guard listenFDs == "1" else {
            throw .unusableInheritedSocket(reason: "LISTEN_FDS is '\(listenFDs)', and one socket is expected")
        }
        let descriptor: CInt = 3
        guard option(SO_DOMAIN, of: descriptor) == AF_UNIX,
            option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw .unusableInheritedSocket(reason: "descriptor 3 is no listening unix stream socket") }
        do {
            try setFlags(of: descriptor)
        } catch {
            throw .unusableInheritedSocket(reason: "\(error)")
        }
        return ListeningSocket(descriptor: descriptor, path: "LISTEN_FDS", origin: .serviceManager)
    }

    /// Adopts the socket with which a web server or spawn-fcgi starts a responder: descriptor 0 (FastCGI specification
    /// section 2.2). It moves to another number, since 0 is standard input to everybody else.
    ///
    /// - Returns: nil if descriptor 0 is not a listening socket.
    /// - Throws: ``FastCGIError/unusableStandardInput(reason:)`` if it is one that cannot be served.
    package static func adoptStandardInput() throws(FastCGIError) -> ListeningSocket? {
        guard isStandardInput else { return nil }
        guard option(SO_DOMAIN, of: 0) == AF_UNIX, option(SO_TYPE, of: 0) == CInt(SOCK_STREAM.rawValue) else {
            throw .unusableStandardInput(
                reason: "it is not a unix stream socket; TCP has no permissions, and is not served"
            )
        }
        do {
            let descriptor = try SystemCall.run("fcntl") { fcntl(0, F_DUPFD_CLOEXEC, 3) }
            try setFlags(of: descriptor)
            let null = try SystemCall.run("open") { Glibc.open("/dev/null", O_RDONLY) }
            _ = try SystemCall.run("dup2") { dup2(null, 0) }
            SystemCall.close(null)
            return ListeningSocket(descriptor: descriptor, path: "descriptor 0", origin: .standardInput)
        } catch {
            throw .unusableStandardInput(reason: "\(error)")
        }
    }

    /// Whether descriptor 0 is a listening socket.
    package static var isStandardInput: Bool { option(SO_ACCEPTCONN, of: 0) == 1 }

    private static func setFlags(of descriptor: CInt) throws(SystemCallError) {
        _ = try SystemCall.run("fcntl") { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let flags = try SystemCall.run("fcntl") { fcntl(descriptor, F_GETFL) }
        _ = try SystemCall.run("fcntl") { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Whether systemd has passed sockets to this process. 0 is a number of sockets, too (sd_listen_fds(3)).
    package static func isPassed(listenPID: String?, listenFDs: String?) -> Bool {
        guard let listenFDs, listenPID == String(getpid()) else { return false }
        return Int(listenFDs) != 0
    }

    private static func removeStaleSocket(at address: UnixAddress) throws(FastCGIError) {
        var status = stat()
        guard lstat(address.path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: address.path) }
        let inUse: Bool
        do throws(SystemCallError) {
            inUse = try isAnswered(address)
            if !inUse { _ = try SystemCall.run("unlink") { unlink(address.path) } }
        } catch {
            throw .socket(path: address.path, error)
        }
        if inUse { throw .inUse(path: address.path) }
    }

    /// Whether a process listens at the address.
    private static func isAnswered(_ address: UnixAddress) throws(SystemCallError) -> Bool {
        let probe = try makeSocket()
        defer { SystemCall.close(probe) }
        do {
            _ = try address.withPointer { (pointer, length) throws(SystemCallError) in
                try SystemCall.run("connect") { connect(probe, pointer, length) }
            }
            return true
        } catch {
            switch error.number {
            case ECONNREFUSED, ENOENT: return false
            case EAGAIN: return true  // The queue is full: somebody listens, and is busy.
            default: throw error
            }
        }
    }

    private static func makeSocket() throws(SystemCallError) -> CInt {
        try SystemCall.run("socket") {
            socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
    }

    private static func identity(of path: String) -> FileIdentity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return FileIdentity(device: status.st_dev, inode: status.st_ino)
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
