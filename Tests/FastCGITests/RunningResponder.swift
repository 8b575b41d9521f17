import Foundation
import InMemoryLogging
import Logging
import Synchronization
import TestSupport
import Testing

@testable import FastCGI

/// A responder that serves on its own thread.
final class RunningResponder: Sendable {
    /// A handler made from a closure; its refusals say why.
    private struct Handler: FastCGIHandler {
        let body: @Sendable (FastCGIRequest, ResponseWriter) -> Void

        func handle(_ request: FastCGIRequest, _ writer: ResponseWriter) { body(request, writer) }

        func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) -> FastCGIResponse {
            FastCGIResponse(status: 503, body: Array("\(reason) \(head.requestID ?? "-")".utf8))
        }
    }

    /// libfcgi, started once, before any test needs it.
    static let library = Result { try FastCGILibrary() }

    let responder: FastCGIResponder
    let shutdown: ShutdownFlag
    /// The log so far.
    var log: [String] { entries.entries.map { "\($0.level): \($0.message) \($0.metadata)" } }
    private let entries: InMemoryLogHandler
    private let ended = DispatchSemaphore(value: 0)

    private init(_ responder: FastCGIResponder, _ shutdown: ShutdownFlag, _ entries: InMemoryLogHandler) {
        self.responder = responder
        self.shutdown = shutdown
        self.entries = entries
        Thread.detachNewThread { [ended] in
            #expect(throws: Never.self) { try responder.serve() }
            ended.signal()
        }
    }

    private static func make(
        path: String,
        _ limits: FastCGILimits,
        _ grace: Duration,
        _ shutdown: ShutdownFlag,
        _ logger: Logger,
        _ handle: @escaping @Sendable (FastCGIRequest, ResponseWriter) -> Void
    ) throws -> FastCGIResponder {
        try FastCGIResponder(
            library.get(),
            listener: ListeningSocket.open(path: path),
            limits: limits,
            shutdownGrace: grace,
            shutdown: shutdown,
            handler: Handler(body: handle),
            logger: logger
        )
    }

    /// Serves while the body runs, then shuts down.
    static func run(
        limits: FastCGILimits = FastCGILimits(),
        grace: Duration = .milliseconds(100),
        handle: @escaping @Sendable (FastCGIRequest, ResponseWriter) -> Void = { _, writer in
            writer.send(FastCGIResponse(status: 200, body: Array("ok".utf8)))
        },
        _ body: (RunningResponder, String) throws -> Void
    ) throws {
        let directory = try ScratchDirectory()
        let (entries, logger) = InMemoryLogHandler.make()
        let shutdown = ShutdownFlag()
        let responder = try make(path: directory.path("s"), limits, grace, shutdown, logger, handle)
        let running = RunningResponder(responder, shutdown, entries)
        defer {
            running.responder.shutDown()
            #expect(running.hasEnded(within: .seconds(20)))
        }
        try body(running, directory.path("s"))
    }

    /// Waits until the serving thread has dealt with all that has arrived by now.
    func settle() throws {
        // The first may be the end of a turn that had begun before.
        for _ in 0..<2 {
            let turned = DispatchSemaphore(value: 0)
            responder.onNextTurn { turned.signal() }
            try #require(turned.wait(timeout: .now() + 20) == .success)
        }
    }

    /// Waits for the end of serving.
    func hasEnded(within seconds: DispatchTimeInterval) -> Bool {
        guard ended.wait(timeout: .now() + seconds) == .success else { return false }
        ended.signal()
        return true
    }
}

/// Collects what a handler sees on another thread.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let added = DispatchSemaphore(value: 0)

    var all: [Element] { elements.withLock { $0 } }

    func append(_ element: Element) {
        elements.withLock { $0.append(element) }
        added.signal()
    }

    /// Waits for one more element, and returns all.
    func next() throws -> [Element] {
        try #require(added.wait(timeout: .now() + 20) == .success)
        return all
    }
}
