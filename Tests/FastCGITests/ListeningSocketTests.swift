import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

@testable import FastCGI

struct ListeningSocketTests {
    let directory: ScratchDirectory
    let path: String

    init() throws {
        directory = try ScratchDirectory()
        path = directory.path("socket")
    }

    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Another process's socket. Its file stays when it is closed, as that of a killed process does.
    func withForeignSocket(backlog: CInt = 128, _ body: () throws -> Void) throws {
        let descriptor = try Sockets.make(AF_UNIX)
        defer { close(descriptor) }
        try Sockets.withUnixAddress(path) { _ = try Sockets.check("bind", Int(bind(descriptor, $0, $1))) }
        _ = try Sockets.check("listen", Int(listen(descriptor, backlog)))
        try body()
    }

    @Test("A new socket is open to owner and group; it and what it accepts close on exec and do not block")
    func open() throws {
        let listener = try ListeningSocket.open(path: path)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        #expect(status.st_mode & 0o7777 == 0o660)
        #expect(listener.path == path && listener.origin == .opened)
        #expect(clinux_accept_nonblocking(listener.descriptor) == -1, "nobody is waiting")
        let peer = try FastCGIPeer(path)
        let accepted = clinux_accept_nonblocking(listener.descriptor)
        for descriptor in [listener.descriptor, accepted] {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
        withExtendedLifetime(peer) { _ = close(accepted) }
    }

    @Test("The socket file of a process that has gone is replaced, and a socket that is in use is left alone")
    func inUse() throws {
        try withForeignSocket {}
        let listener = try ListeningSocket.open(path: path)
        #expect(throws: FastCGIError.inUse(path: path)) { _ = try ListeningSocket.open(path: path) }
        _ = try FastCGIPeer(listener.path)
    }

    @Test("A socket with a full queue counts as in use")
    func busy() throws {
        try withForeignSocket(backlog: 0) {
            let peer = try FastCGIPeer(path)
            #expect(throws: FastCGIError.inUse(path: path)) { _ = try ListeningSocket.open(path: path) }
            withExtendedLifetime(peer) {}
        }
    }

    @Test("A file, a folder, a link, a path of more than 107 bytes and a missing directory are refused and left alone")
    func refused() throws {
        try directory.write("content", to: "file")
        let missing = directory.path("missing/socket")
        try FileManager.default.createSymbolicLink(atPath: directory.path("link"), withDestinationPath: missing)
        let longest = directory.path(String(repeating: "x", count: 106 - directory.path.utf8.count))
        _ = try ListeningSocket.open(path: longest)
        for (path, error) in [
            (directory.path, FastCGIError.notASocket(path: directory.path)),
            (directory.path("file"), .notASocket(path: directory.path("file"))),
            (directory.path("link"), .notASocket(path: directory.path("link"))),
            (longest + "x", .pathTooLong(path: longest + "x", limit: 107)),
            (missing, .directoryMissing(path: missing)),
        ] {
            #expect(throws: error) { _ = try ListeningSocket.open(path: path) }
        }
        #expect(exists(directory.path("link")))
        #expect(try String(contentsOfFile: directory.path("file"), encoding: .utf8) == "content")
    }

    @Test("The file is removed with its socket, unless another one has taken its place")
    func removal() throws {
        do { _ = try ListeningSocket.open(path: path) }
        #expect(!exists(path))
        do {
            let first = try ListeningSocket.open(path: path)
            #expect(unlink(first.path) == 0)
            try withForeignSocket {}
        }
        #expect(exists(path))
    }
}
