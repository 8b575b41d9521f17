import Foundation
import Glibc
import TestSupport
import Testing

/// When the socket's file is made, replaced, refused and removed.
@Suite("The socket file")
struct SocketTests {
    private let directory: ScratchDirectory
    private let path: String

    init() throws {
        directory = try ScratchDirectory()
        path = directory.path("door.sock")
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// Starts a responder that must fail to start, and returns its error.
    private func complaint(listeningAt path: String) async throws -> String {
        let outcome = try await Command.run(
            try Backend.executable,
            ["serve"],
            environment: FrontDoor.environment(socket: path)
        )
        #expect(outcome.status == .code(1))
        #expect(FrontDoor.complaints(in: outcome.error).count == 1, "one sentence: \(outcome.error)")
        return outcome.error
    }

    @Test("The socket file is open only to owner and group, whatever the umask, and is removed at the end")
    func modeAndEnd() async throws {
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            let mode = try #require(status(path)).st_mode
            #expect(mode & S_IFMT == S_IFSOCK)
            #expect(mode & 0o7777 == 0o660)
            door.backend.process.terminate()
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
            #expect(status(path) == nil)
        }
    }

    @Test("The socket file of a killed process is replaced")
    func stale() async throws {
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            door.backend.process.terminate(signal: SIGKILL)
            _ = try await door.backend.process.waitForExit()
        }
        let stale = try #require(status(path)).st_ino
        // Keeps the inode number from being reused.
        try FileManager.default.linkItem(atPath: path, toPath: directory.path("kept"))
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            #expect(status(path)?.st_ino != stale)
            try await door.expectUnharmed()
        }
    }

    @Test("The socket file of a live process is not replaced")
    func live() async throws {
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            let inode = try #require(status(path)).st_ino
            #expect(try await complaint(listeningAt: path).contains("another process is listening"))
            #expect(status(path)?.st_ino == inode)
            try await door.expectUnharmed()
        }
    }

    @Test("The socket file of a live process with a full queue is not replaced")
    func busy() async throws {
        let listener = try UnixListener(path: path)
        var waiting: [FastCGIPeer] = []
        for _ in 0..<129 { waiting.append(try FastCGIPeer(listener.path)) }
        #expect(try await complaint(listeningAt: path).contains("another process is listening"))
        #expect(status(path) != nil)
    }

    @Test("The socket file does not replace a file, a folder or a link")
    func noSocket() async throws {
        try directory.write("precious", to: "file")
        #expect(try await complaint(listeningAt: directory.path("file")).contains("is not a socket"))
        #expect(directory.text("file") == "precious")

        try FileManager.default.createDirectory(atPath: directory.path("folder"), withIntermediateDirectories: false)
        #expect(try await complaint(listeningAt: directory.path("folder")).contains("is not a socket"))

        let link = directory.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path("nowhere"))
        #expect(try await complaint(listeningAt: link).contains("is not a socket"))
        #expect(status(link).map { $0.st_mode & S_IFMT } == S_IFLNK)
    }

    @Test("A socket path of more than 107 bytes, or in a missing directory, is refused")
    func path() async throws {
        let long = directory.path(String(repeating: "x", count: 108 - directory.path.utf8.count - 1))
        #expect(long.utf8.count == 108)
        #expect(try await complaint(listeningAt: long).contains("longer than 107 bytes"))
        #expect(try await complaint(listeningAt: directory.path("no/door")).contains("does not exist"))
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": String(long.dropLast())]) { try await $0.expectUnharmed() }
    }

    @Test("A socket file that has been replaced by another is left alone at the end")
    func replaced() async throws {
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            unlink(path)
            let other = try UnixListener(path: path)
            door.backend.process.terminate()
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
            #expect(status(other.path).map { $0.st_mode & S_IFMT } == S_IFSOCK)
        }
    }
}
