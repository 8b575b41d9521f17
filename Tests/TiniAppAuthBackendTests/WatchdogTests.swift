import Foundation
import NIOPosix
import Testing

@testable import TiniAppAuthBackend

struct WatchdogTests {
    @Test("The process is reported as alive only while its event loop runs")
    func eventLoop() async throws {
        // The watchdog is a task, and needs one of the few threads on which tests run.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try Self.eventLoopInTurn() }) }
        }
    }

    private static func eventLoopInTurn() throws {
        let socket = try NotifySocket()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let watchdog = Watchdog(
            systemd: SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name]),
            interval: .milliseconds(40),
            eventLoop: group.any()
        )
        let task = Task { await watchdog.run() }
        defer { task.cancel() }
        for _ in 0..<3 { #expect(socket.receive(within: 20_000) == "WATCHDOG=1") }

        let release = DispatchSemaphore(value: 0)
        let blocked = DispatchSemaphore(value: 0)
        group.any().execute {
            blocked.signal()
            release.wait()
        }
        #expect(blocked.wait(timeout: .now() + 20) == .success)
        // A message that was on its way when it began to hang may still come.
        _ = socket.receive(within: 200)
        while socket.receive(within: 0) != nil {}
        #expect(socket.receive(within: 300) == nil, "the event loop hangs")
        release.signal()
        for _ in 0..<3 { #expect(socket.receive(within: 20_000) == "WATCHDOG=1") }
        try group.syncShutdownGracefully()
    }
}
