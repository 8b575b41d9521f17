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

    func expectOpenFails(_ expected: FastCGIError, path: String? = nil) {
        #expect(throws: expected) { _ = try ListeningSocket.open(path: path ?? self.path) }
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

    @Test("The socket file of a process that has gone is replaced")
    func stale() throws {
        try withForeignSocket {}
        let listener = try ListeningSocket.open(path: path)
        _ = try FastCGIPeer(listener.path)
    }

    @Test("A socket that is in use is left alone and keeps working")
    func inUse() throws {
        let listener = try ListeningSocket.open(path: path)
        expectOpenFails(.inUse(path: path))
        _ = try FastCGIPeer(listener.path)
    }

    @Test("A socket with a full queue counts as in use")
    func busy() throws {
        try withForeignSocket(backlog: 0) {
            let peer = try FastCGIPeer(path)
            withExtendedLifetime(peer) { expectOpenFails(.inUse(path: path)) }
        }
    }

    @Test(
        "A path that is not a socket is left alone",
        arguments: ["file", "folder", "link"]
    )
    func noSocket(kind: String) throws {
        switch kind {
        case "file": try directory.write("content", to: "socket")
        case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/at/all")
        }
        expectOpenFails(.notASocket(path: path))
        #expect(exists(path))
        if kind == "file" { #expect(try String(contentsOfFile: path, encoding: .utf8) == "content") }
    }

    @Test("A path may have 107 bytes, but not one more")
    func pathLength() throws {
        let directory = directory.path
        let longest = directory + "/" + String(repeating: "x", count: 107 - directory.utf8.count - 1)
        _ = try ListeningSocket.open(path: longest)
        expectOpenFails(.pathTooLong(path: longest + "x", limit: 107), path: longest + "x")
    }

    @Test("A missing directory is named in the error")
    func directoryMissing() {
        expectOpenFails(.directoryMissing(path: "\(path)/missing/socket"), path: "\(path)/missing/socket")
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
