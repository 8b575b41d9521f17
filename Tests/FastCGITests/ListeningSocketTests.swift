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

    /// Leaves a socket file that nothing listens on, as a killed process does.
    func leaveStaleSocket() throws {
        _ = try UnixListener(path: path)
    }

    func expectOpenFails(_ expected: FastCGIError, path: String? = nil) {
        do throws(FastCGIError) {
            _ = try ListeningSocket.open(path: path ?? self.path)
            Issue.record("did open")
        } catch {
            #expect(error == expected)
        }
    }

    @Test("A new socket listens, is open to owner and group, closes on exec and does not block")
    func open() throws {
        let listener = try ListeningSocket.open(path: path)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        #expect(status.st_mode & 0o7777 == 0o660)
        #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(listener.path == path && listener.origin == .opened)
        _ = try FastCGIPeer(path)
        #expect(Accepted(listener.descriptor) != nil)
    }

    @Test("Accepting from an empty queue gives nothing, and no error")
    func emptyQueue() throws {
        let listener = try ListeningSocket.open(path: path)
        #expect(Accepted(listener.descriptor) == nil)
    }

    @Test("An accepted connection does not block and closes on exec")
    func accepted() throws {
        let listener = try ListeningSocket.open(path: path)
        let peer = try FastCGIPeer(path)
        let accepted = try #require(Accepted(listener.descriptor))
        let descriptor = accepted.descriptor
        withExtendedLifetime((peer, accepted)) {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
    }

    @Test("The socket file of a process that has gone is replaced")
    func stale() throws {
        try leaveStaleSocket()
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
        let listener = try UnixListener(path: path, backlog: 0)
        let peer = try FastCGIPeer(path)
        withExtendedLifetime((listener, peer)) { expectOpenFails(.inUse(path: path)) }
    }

    @Test(
        "A path that is not a socket is left alone",
        arguments: ["file", "folder", "link"]
    )
    func noSocket(kind: String) throws {
        switch kind {
        case "file": try "content".write(toFile: path, atomically: true, encoding: .utf8)
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
        expectOpenFails(
            .directoryMissing(path: path + "/missing/socket"),
            path: directory.path + "/socket/missing/socket"
        )
    }

    @Test("The file is removed with its socket, unless another one has taken its place")
    func removal() throws {
        do { _ = try ListeningSocket.open(path: path) }
        #expect(!exists(path))
        do {
            let first = try ListeningSocket.open(path: path)
            #expect(unlink(first.path) == 0)
            try leaveStaleSocket()
        }
        #expect(exists(path))
    }
}
