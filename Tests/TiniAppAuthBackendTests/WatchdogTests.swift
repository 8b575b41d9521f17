import FastCGI
import Foundation
import Logging
import NIOPosix
import TestSupport
import Testing

@testable import TiniAppAuthBackend

struct WatchdogTests {
    private struct Handler: FastCGIHandler {
        func handle(_ request: FastCGIRequest, _ writer: ResponseWriter) {}
        func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) -> FastCGIResponse {
            FastCGIResponse(status: 503)
        }
    }

    /// A responder that does not serve yet.
    private static func responder() throws -> FastCGIResponder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("watchdog-\(UUID().uuidString)").path
        return try FastCGIResponder(
            FastCGILibrary(),
            listener: ListeningSocket.open(path: path),
            limits: FastCGILimits(),
            shutdownGrace: .zero,
            shutdown: ShutdownFlag(),
            handler: Handler(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("The process is reported as alive only while both of its threads run")
    func bothThreads() async throws {
        // The watchdog is a task, and needs one of the few threads on which tests run.
        try await BlockingThread.run { try Self.bothThreadsInTurn() }
    }

    private static func bothThreadsInTurn() throws {
        let socket = try NotifySocket()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let responder = try responder()
        let watchdog = Watchdog(
            systemd: SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name]),
            interval: .milliseconds(40),
            responder: responder,
            eventLoop: group.any()
        )
        let task = Task { await watchdog.run() }
        defer { task.cancel() }
        #expect(socket.receive(within: 300) == nil, "the door does not turn yet")

        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            try? responder.serve()
            ended.signal()
        }
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
        socket.drain()
        #expect(socket.receive(within: 300) == nil, "the event loop hangs")
        release.signal()
        for _ in 0..<3 { #expect(socket.receive(within: 20_000) == "WATCHDOG=1") }

        // A responder that has ended does not count as hanging: the rest of the shutdown may take its time.
        responder.shutDown()
        #expect(ended.wait(timeout: .now() + 20) == .success)
        socket.drain()
        #expect(socket.receive(within: 20_000) == "WATCHDOG=1")
    }
}
