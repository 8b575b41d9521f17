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

    @Test("The socket file of a live process is not replaced")
    func live() async throws {
        try await FrontDoor.with(settings: ["LISTEN_SOCKET": path]) { door in
            let inode = try #require(status(path)).st_ino
            #expect(try await complaint(listeningAt: path).contains("another process is listening"))
            #expect(status(path)?.st_ino == inode)
            try await door.expectUnharmed()
        }
    }
}
