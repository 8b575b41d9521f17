import Foundation
import Logging
import Synchronization
import Testing

@testable import FastCGI

/// A responder that serves on a thread of its own.
final class RunningResponder: Sendable {
    /// A handler made of a closure; its refusals say why.
    private struct Handler: FastCGIHandler {
        let body: @Sendable (FastCGIRequest, FastCGIConnection) -> Void

        func handle(_ request: FastCGIRequest, on connection: FastCGIConnection) { body(request, connection) }

        func refuse(_ head: FastCGIRequest, because reason: FastCGIRefusal) -> FastCGIResponse {
            FastCGIResponse(status: 503, body: Array("\(reason) \(head.requestID ?? "-")".utf8))
        }
    }

    /// libfcgi's initialization, once and before any test needs it.
    static let isLibraryInitialized = (try? FastCGILibrary.initialize()) != nil

    let responder: FastCGIResponder
    /// What it has logged.
    var log: [String] { lines.all }
    private let lines: LogLines
    private let ended = DispatchSemaphore(value: 0)

    private init(_ responder: FastCGIResponder, _ lines: LogLines) {
        self.responder = responder
        self.lines = lines
        Thread.detachNewThread { [ended] in
            #expect(throws: Never.self) { try responder.serve() }
            ended.signal()
        }
    }

    private static func make(
        path: String,
        _ limits: FastCGILimits,
        _ grace: Duration,
        _ lines: LogLines,
        _ handle: @escaping @Sendable (FastCGIRequest, FastCGIConnection) -> Void
    ) throws -> FastCGIResponder {
        try FastCGIResponder(
            listener: ListeningSocket.open(path: path),
            limits: limits,
            shutdownGrace: grace,
            handler: Handler(body: handle),
            logger: lines.logger
        )
    }

    /// Serves while the body runs, and shuts down behind it.
    static func run(
        limits: FastCGILimits = FastCGILimits(),
        grace: Duration = .milliseconds(100),
        handle: @escaping @Sendable (FastCGIRequest, FastCGIConnection) -> Void = { _, connection in
            connection.send(FastCGIResponse(status: 200, body: Array("ok".utf8)))
        },
        _ body: (RunningResponder, String) throws -> Void
    ) throws {
        try #require(isLibraryInitialized)
        let directory = try TemporaryDirectory()
        let lines = LogLines()
        let running = RunningResponder(try make(path: directory.file(), limits, grace, lines, handle), lines)
        defer {
            running.responder.shutDown()
            #expect(running.hasEnded(within: .seconds(20)))
        }
        try body(running, directory.file())
    }

    /// Waits for the end of serving.
    func hasEnded(within seconds: DispatchTimeInterval) -> Bool {
        guard ended.wait(timeout: .now() + seconds) == .success else { return false }
        ended.signal()
        return true
    }
}

/// Collects what a handler on another thread sees.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let added = DispatchSemaphore(value: 0)

    var all: [Element] { elements.withLock { $0 } }

    func append(_ element: Element) {
        elements.withLock { $0.append(element) }
        added.signal()
    }

    /// Waits for one more element, and gives all that there are.
    func next() throws -> [Element] {
        try #require(added.wait(timeout: .now() + 20) == .success)
        return all
    }
}
