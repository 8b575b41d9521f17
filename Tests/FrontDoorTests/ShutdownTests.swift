import Foundation
import Glibc
import TestSupport
import Testing

/// At the end of the process, requests in flight are finished, or get an error.
@Suite("Shutdown")
struct ShutdownTests {
    private static let signals = [SIGTERM, SIGINT, SIGQUIT]
    private let call = SampleRequest.call("c")

    @Test("A shutdown finishes requests in flight, takes no new ones, and exits with 0", arguments: signals)
    func finishesInFlight(signal: CInt) async throws {
        let upstream = try FaultUpstream(isHolding: true)
        try await FrontDoor.with(settings: ["SHUTDOWN_GRACE": "60"], upstream: upstream.authEndpoint) { door in
            let peer = try door.connect()
            try peer.send(call.bytes)
            try await upstream.holds(1)
            let started = try door.connect()
            var ready = SampleRequest.greeting
            ready.params["DOCUMENT_URI"] = "/health/ready"
            try started.send(Array(ready.bytes.dropLast(8)))
            try await door.expectService()

            door.backend.process.terminate(signal: signal)
            try await eventually("the end of the socket") { !FileManager.default.fileExists(atPath: door.path) }
            #expect(throws: TestSupportError.self) { try door.connect() }

            // A request whose first half had arrived is still served, and finds that the process is not ready.
            try started.send(Array(ready.bytes.suffix(8)))
            let readiness = try await started.answer(within: FrontDoor.promptly)
            #expect(readiness.status == 503)
            #expect(readiness.text.contains("shutting_down"))

            #expect(peer.isWaiting)
            #expect(door.backend.process.isRunning)
            upstream.release()
            #expect(try await peer.answer(within: FrontDoor.promptly).status == 200)
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
        }
    }

    @Test("A shutdown gives 503 shutting_down to requests not finished in time, and exits with 0")
    func endsAfterGrace() async throws {
        let upstream = try FaultUpstream(isHolding: true)
        try await FrontDoor.with(settings: ["SHUTDOWN_GRACE": "0.5"], upstream: upstream.authEndpoint) { door in
            let peer = try door.connect()
            try peer.send(call.bytes)
            let silent = try door.connect()
            try await upstream.holds(1)
            door.backend.process.terminate()
            let answer = try await peer.answer(within: FrontDoor.promptly)
            #expect(answer.status == 503)
            #expect(answer.reason == "shutting_down")
            #expect(answer.headers["Retry-After"] == "1")
            #expect(try await silent.readToEnd(within: FrontDoor.promptly).isEmpty)
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
        }
    }

    @Test("A second signal ends the shutdown at once", arguments: signals)
    func secondSignal(signal: CInt) async throws {
        let upstream = try FaultUpstream(isHolding: true)
        try await FrontDoor.with(settings: ["SHUTDOWN_GRACE": "60"], upstream: upstream.authEndpoint) { door in
            let peer = try door.connect()
            try peer.send(call.bytes)
            try await upstream.holds(1)
            door.backend.process.terminate(signal: SIGTERM)
            try await eventually("the begin of the shutdown") { door.backend.logs().contains("shutting down") }
            door.backend.process.terminate(signal: signal)
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(128 + signal))
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
        }
    }

    @Test("A signal that comes as soon as the socket exists shuts the process down", arguments: signals)
    func atStart(signal: CInt) async throws {
        let backend = try await Backend.start(upstream: FrontDoor.refusedUpstream)
        backend.process.terminate(signal: signal)
        #expect(try await backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
        #expect(!FileManager.default.fileExists(atPath: backend.socketPath))
    }

    @Test("A TERM at any moment of the first 30 ms ends the process, 60 times out of 60")
    func firstMoments() async throws {
        let directory = try ScratchDirectory()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<3 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(lane))
                    for number in 0..<20 {
                        let name = "backend-\(lane)-\(number)"
                        let process = try await ServerProcess.start(
                            try Backend.executable,
                            arguments: ["serve"],
                            environment: FrontDoor.environment(socket: directory.path("\(lane).sock")),
                            in: directory,
                            name: name
                        )
                        let moment = Int.random(in: 0..<30_000, using: &random)
                        try await Task.sleep(for: .microseconds(moment))
                        process.terminate()
                        // Ends by the signal's default action or by the shutdown. A lost signal would never end it.
                        // Less time would do on an idle machine.
                        let status = try? await process.waitForExit(timeout: FrontDoor.promptly)
                        #expect(
                            status == .signal(SIGTERM) || status == .code(0),
                            "at \(moment) µs: \(status.map { "\($0)" } ?? "still running"), \(process.standardError)"
                        )
                        await process.stop()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A signal that libfcgi handles does not cause a shutdown", arguments: [SIGPIPE, SIGUSR1])
    func otherSignals(signal: CInt) async throws {
        try await FrontDoor.with { door in
            for _ in 0..<3 {
                door.backend.process.terminate(signal: signal)
                try await door.expectService()
            }
            try await door.expectUnharmed()
        }
    }
}
