import Foundation
import Synchronization
import TestSupport
import Testing

/// A responder with a real socket, and what it had when it was idle.
struct FrontDoor: Sendable {
    /// Refused at once: nothing listens on the discard port.
    static let refusedUpstream = "http://127.0.0.1:9/auth/token"
    /// How long a test waits for what should happen at once, on a machine that does ten other things.
    static let promptly: Duration = .seconds(10)

    let backend: Backend
    /// Where it is reached.
    let path: String
    private let idle: ProcessUsage

    /// Runs a test with a responder of its own. Few at a time, so that they do not take each other's time.
    ///
    /// - Parameters:
    ///   - arrivalTimeout: seconds; the default is one that no test waits for.
    ///   - settings: further settings of the responder.
    static func with(
        arrivalTimeout: Int = 60,
        settings: [String: String?] = [:],
        upstream: String = refusedUpstream,
        listener: UnixListener? = nil,
        _ body: (FrontDoor) async throws -> Void
    ) async throws {
        await seats.take()
        defer { seats.giveBack() }
        var environment = ["ARRIVAL_TIMEOUT": String(arrivalTimeout)].merging(settings) { _, given in given }
        for name in ["TSAN_OPTIONS", "ASAN_OPTIONS"] { environment[name] = ProcessInfo.processInfo.environment[name] }
        let backend = try await Backend.start(
            environment: environment,
            upstream: upstream,
            listener: listener.map { .inherited($0.descriptor) } ?? .own
        )
        let door = try await FrontDoor(backend, path: listener?.path ?? backend.socketPath)
        try await body(door)
        let log = backend.logs()
        await backend.stop()
        #expect(!log.contains("Sanitizer:"), "\(log)")
    }

    private static let seats = Seats(4)

    /// Whether a process's memory is its own, and not that of a sanitizer in it.
    static let measuresMemory = ProcessInfo.processInfo.environment["SANITIZED"] == nil

    private init(_ backend: Backend, path: String) async throws {
        self.backend = backend
        self.path = path
        // The first request brings what is made only once.
        let answer = try await Self.answer(to: .greeting, at: path)
        try #require(answer.status == 200)
        idle = try ProcessUsage(pid: backend.process.pid)
    }

    func connect() async throws -> FastCGIPeer { try await FastCGIPeer(path) }

    /// Sends a request on a connection of its own and reads the answer.
    func answer(to request: SampleRequest, within timeout: Duration = promptly) async throws -> FastCGIAnswer {
        try await Self.answer(to: request, at: path, within: timeout)
    }

    static func answer(
        to request: SampleRequest,
        at path: String,
        within timeout: Duration = promptly
    ) async throws -> FastCGIAnswer {
        let peer = try await FastCGIPeer(path)
        try await peer.send(request.bytes)
        return try await peer.answer(within: timeout)
    }

    /// Expects a good request to be answered.
    func expectService(within timeout: Duration = promptly) async throws {
        let answer = try await answer(to: .greeting, within: timeout)
        #expect(answer.status == 200)
        #expect(answer.text == "Hello World from Cloud Run!")
    }

    /// Expects the process to live and to hold no more than it did when it was idle.
    func expectUnharmed() async throws {
        try await expectService()
        #expect(backend.process.isRunning)
        try await eventually("descriptors and threads as before", within: Self.promptly) {
            let now = try ProcessUsage(pid: backend.process.pid)
            // Fewer threads may be left when the runtime sends idle ones home.
            return now.descriptors == idle.descriptors && now.threads <= idle.threads
        }
    }
}

/// A number of places, for which tasks queue.
private final class Seats: Sendable {
    private struct State {
        var free: Int
        var queue: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.queue.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack() {
        let next = state.withLock { state in
            guard state.queue.isEmpty else { return Optional(state.queue.removeFirst()) }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
