import Glibc
import TestSupport
import Testing

/// A listening socket that systemd passes (sd_listen_fds(3)).
@Suite("Inherited sockets")
struct AdoptedSocketTests {
    private let directory: ScratchDirectory
    private let listener: UnixListener

    init() throws {
        directory = try ScratchDirectory()
        listener = try UnixListener(path: directory.path("handed.sock"))
    }

    @Test("An inherited socket is served, and stays open and in place for the next process")
    func restart() async throws {
        var early: FastCGIPeer?
        try await FrontDoor.with(listener: listener) { door in
            try await door.expectUnharmed()
            door.backend.process.terminate()
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
            // No process serves now, but connections are not refused.
            early = try FastCGIPeer(listener.path)
            try early?.send(SampleRequest.greeting.bytes)
        }
        #expect(early?.isWaiting == true)
        try await FrontDoor.with(listener: listener) { door in
            #expect(try await early?.answer(within: FrontDoor.promptly).status == 200)
            try await door.expectUnharmed()
        }
    }

    @Test("An inherited socket is served by the next process while the first one finishes")
    func overlap() async throws {
        let upstream = try FaultUpstream(isHolding: true)
        try await FrontDoor.with(upstream: upstream.authEndpoint, listener: listener) { first in
            let peer = try first.connect()
            try peer.send(SampleRequest.call("c").bytes)
            try await upstream.holds(1)
            first.backend.process.terminate()
            try await eventually("the shutdown") { first.backend.logs().contains("shutting down") }
            let second = try await Backend.start(
                upstream: FrontDoor.refusedUpstream,
                listener: .inherited(listener.descriptor)
            )
            for _ in 0..<20 {
                #expect(try await FrontDoor.answer(to: .greeting, at: listener.path).status == 200)
            }
            upstream.release()
            #expect(try await peer.answer(within: FrontDoor.promptly).status == 200)
            #expect(try await first.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
            await second.stop()
        }
    }

    @Test("A socket passed to another process is ignored", arguments: ["1", "0", "", "x"])
    func otherProcess(pid: String) async throws {
        try await FrontDoor.with(settings: ["LISTEN_PID": pid, "LISTEN_FDS": "1"]) { door in
            #expect(door.path != listener.path)
            try await door.expectUnharmed()
        }
    }

    @Test("No sockets is what systemd says with 0: LISTEN_SOCKET counts")
    func none() async throws {
        let path = directory.path("own.sock")
        let outcome = try await Command.run(
            "sh",
            [
                "-c",
                #"""
                (until [ -S "$1" ]; do sleep 0.01; done; kill $$) &
                LISTEN_PID=$$ LISTEN_FDS=0 exec "$0" serve </dev/null
                """#, try Backend.executable, path,
            ],
            environment: FrontDoor.environment(socket: path)
        )
        #expect(outcome.status == .code(0))
        #expect(FrontDoor.complaints(in: outcome.error).isEmpty)
    }

    @Test("An inherited socket that cannot be used is refused in one sentence", arguments: ["1", "2", "-1", "x"])
    func unusable(count: String) async throws {
        let outcome = try await Command.run(
            "sh",
            ["-c", #"LISTEN_PID=$$ LISTEN_FDS=\#(count) exec "$0" serve 3</dev/null"#, try Backend.executable],
            environment: FrontDoor.environment(socket: directory.path("own.sock"))
        )
        #expect(outcome.status == .code(1))
        #expect(outcome.error.contains("the socket passed in by LISTEN_FDS cannot be used"))
        #expect(FrontDoor.complaints(in: outcome.error).count == 1)
    }
}
