import Foundation
import InMemoryLogging
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FastCGI

/// A server that serves on its own event loop.
final class RunningServer: Sendable {
    /// A handler made from a closure; its refusals say why.
    private struct Handler: FastCGIHandler {
        let eventLoop: any EventLoop
        let ownParam: StaticString = "X"
        let body: @Sendable (FastCGIRequest, AnyThreadWriter) -> Void

        func handle(_ request: FastCGIRequest, _ writer: ResponseWriter) {
            body(request, AnyThreadWriter(writer, eventLoop: eventLoop))
        }

        func refuse(_ head: FastCGIRequest.Head, because reason: FastCGIRefusal) -> FastCGIResponse {
            FastCGIResponse(status: 503, body: Array("\(reason) \(head.requestID ?? "-")".utf8))
        }
    }

    /// libfcgi, started once, before any test needs it.
    static let library = Result { try FastCGILibrary() }

    let eventLoop: any EventLoop
    private let server: NIOLoopBound<FastCGIServer>
    /// The log so far.
    var log: [String] { entries.entries.map { "\($0.level): \($0.message) \($0.metadata)" } }
    private let entries: InMemoryLogHandler
    private let ended = DispatchSemaphore(value: 0)

    private init(
        path: String,
        _ limits: FastCGILimits,
        _ grace: Duration,
        _ eventLoop: any EventLoop,
        _ handle: @escaping @Sendable (FastCGIRequest, AnyThreadWriter) -> Void
    ) throws {
        let (entries, logger) = InMemoryLogHandler.make()
        self.entries = entries
        self.eventLoop = eventLoop
        server = try eventLoop.submit {
            let server = try FastCGIServer(
                Self.library.get(),
                listener: ListeningSocket.open(path: path),
                limits: limits,
                shutdownGrace: grace,
                handler: Handler(eventLoop: eventLoop, body: handle),
                eventLoop: eventLoop,
                logger: logger
            )
            return NIOLoopBound(server, eventLoop: eventLoop)
        }.wait()
        try eventLoop.submit { [server, ended] in server.value.end.whenComplete { _ in ended.signal() } }.wait()
    }

    /// Serves while the body runs, then shuts down.
    static func run(
        limits: FastCGILimits = FastCGILimits(),
        grace: Duration = .milliseconds(100),
        handle: @escaping @Sendable (FastCGIRequest, AnyThreadWriter) -> Void = { _, writer in writer.send() },
        _ body: (RunningServer, String) throws -> Void
    ) throws {
        let directory = try ScratchDirectory()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // Closes what the web server has kept open, as the end of a process does.
        defer { #expect(throws: Never.self) { try group.syncShutdownGracefully() } }
        let running = try RunningServer(path: directory.path("s"), limits, grace, group.any(), handle)
        defer {
            running.shutDown()
            #expect(running.hasEnded(within: .seconds(20)))
        }
        try body(running, directory.path("s"))
    }

    func onLoop(_ body: @escaping @Sendable (FastCGIServer) throws -> Void) throws {
        try eventLoop.submit { [server] in try body(server.value) }.wait()
    }

    func shutDown() {
        eventLoop.execute { [server] in server.value.shutDown() }
    }

    /// Waits until the server has dealt with all that has arrived by now.
    func settle() throws {
        // A task that is due later comes in another turn of the loop; the first may be one that has looked at the sockets before.
        for _ in 0..<2 { try eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.wait() }
    }

    /// Waits for the end of serving.
    func hasEnded(within seconds: DispatchTimeInterval) -> Bool {
        guard ended.wait(timeout: .now() + seconds) == .success else { return false }
        ended.signal()
        return true
    }
}

/// A writer for tests, which answer from any thread.
final class AnyThreadWriter: Sendable {
    let head: FastCGIRequest.Head
    private let writer: NIOLoopBound<ResponseWriter>
    private let eventLoop: any EventLoop

    init(_ writer: ResponseWriter, eventLoop: any EventLoop) {
        head = writer.head
        self.writer = NIOLoopBound(writer, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    /// Writes a response, and waits for its delivery, unless this is called on the event loop.
    @discardableResult
    func send(_ text: String = "ok") -> ResponseWriter.Delivery? {
        let deliveries = Collected<ResponseWriter.Delivery>()
        send(FastCGIResponse(status: 200, body: Array(text.utf8))) { deliveries.append($0) }
        return eventLoop.inEventLoop ? deliveries.all.first : try? deliveries.next().first
    }

    func send(
        _ response: FastCGIResponse,
        _ delivered: @escaping @Sendable (ResponseWriter.Delivery) -> Void = { _ in }
    ) {
        guard !eventLoop.inEventLoop else { return writer.value.send(response, delivered: delivered) }
        eventLoop.execute { [writer] in writer.value.send(response, delivered: delivered) }
    }
}

/// Collects what a handler sees on another thread.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])
    private let added = DispatchSemaphore(value: 0)

    var all: [Element] { elements.value }

    func append(_ element: Element) {
        elements.change { $0.append(element) }
        added.signal()
    }

    /// Waits for one more element, and returns all.
    func next() throws -> [Element] {
        try #require(added.wait(timeout: .now() + 20) == .success)
        return all
    }
}
