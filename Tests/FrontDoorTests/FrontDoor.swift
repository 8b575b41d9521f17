import Foundation
import TestSupport
import Testing

/// A responder with a real socket, and its figures from when it was idle.
struct FrontDoor: Sendable {
    /// Refuses at once: nothing listens on the discard port.
    static let refusedUpstream = "http://127.0.0.1:9/auth/token"
    /// How long a test waits for something that should happen at once, before it takes it for something that never will.
    static let promptly: Duration = .seconds(60)

    let backend: Backend
    /// Its socket's path.
    let path: String
    private let idle: ProcessFigures

    /// Runs a test with its own responder. Few run at a time, so that they do not slow each other down.
    ///
    /// - Parameters:
    ///   - arrivalTimeout: seconds; no test waits for the default.
    ///   - settings: further settings of the responder.
    ///   - descriptors: how many it may have open; nil keeps the limit.
    static func with(
        arrivalTimeout: Int = 60,
        settings: [String: String?] = [:],
        upstream: String = refusedUpstream,
        listener: UnixListener? = nil,
        descriptors: Int? = nil,
        _ body: (FrontDoor) async throws -> Void
    ) async throws {
        await seats.take()
        defer { Task { await seats.giveBack() } }
        // Only calls open connections to the upstream, since the descriptors counted here include them.
        var environment = ["ARRIVAL_TIMEOUT": String(arrivalTimeout), "UPSTREAM_WARM_CONNECTIONS": "0"]
            .merging(settings) { _, given in given }
        for (name, value) in sanitizerOptions { environment[name] = value }
        let backend = try await Backend.start(
            environment: environment,
            upstream: upstream,
            listener: listener.map { .inherited($0.descriptor) } ?? .own,
            descriptors: descriptors
        )
        let door = try await FrontDoor(backend, path: listener?.path ?? backend.socketPath)
        try await body(door)
        let log = backend.logs()
        await backend.stop()
        #expect(!log.contains("Sanitizer:"), "\(log)")
    }

    private static let seats = Seats(4)

    private static let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
        ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key)
    }

    /// The lines of a responder's standard error other than the usual notices.
    static func complaints(in error: String) -> [Substring] {
        error.split(separator: "\n").filter { !$0.contains(#""severity":"NOTICE""#) }
    }

    /// The environment of a responder that a test starts by itself.
    static func environment(socket path: String) -> [String: String] {
        [
            "CLIENT_KEY": Sandbox.clientKey, "CLIENT_SECRET": Sandbox.clientSecret, "LISTEN_SOCKET": path,
            "AUTH_ENDPOINT": refusedUpstream, "ARRIVAL_TIMEOUT": "60", "SWIFT_BACKTRACE": "enable=no",
            "UPSTREAM_WARM_CONNECTIONS": "0",
        ].merging(sanitizerOptions) { _, option in option }
    }

    /// Whether a process's memory can be measured: false if it includes a sanitizer's.
    static let measuresMemory = ProcessInfo.processInfo.environment["SANITIZED"] == nil

    private init(_ backend: Backend, path: String) async throws {
        self.backend = backend
        self.path = path
        // The first request allocates what is made only once.
        let answer = try await Self.answer(to: .greeting, at: path)
        try #require(answer.status == 200)
        idle = try Self.figures(of: backend)
    }

    func connect() throws -> FastCGIPeer { try FastCGIPeer(path) }

    /// The process's memory, threads and descriptors.
    func figures() throws -> ProcessFigures { try Self.figures(of: backend) }

    private static func figures(of backend: Backend) throws -> ProcessFigures {
        try ProcessFigures(of: backend.process, withoutRuntime: true)
    }

    /// Sends a request on a new connection and reads the answer.
    func answer(to request: SampleRequest, within timeout: Duration = promptly) async throws -> FastCGIAnswer {
        try await Self.answer(to: request, at: path, within: timeout)
    }

    static func answer(
        to request: SampleRequest,
        at path: String,
        within timeout: Duration = promptly
    ) async throws -> FastCGIAnswer {
        let peer = try FastCGIPeer(path)
        try peer.send(request.bytes)
        return try await peer.answer(within: timeout)
    }

    /// Expects a good request to be answered.
    func expectService(within timeout: Duration = promptly) async throws {
        let answer = try await answer(to: .greeting, within: timeout)
        #expect(answer.status == 200)
        #expect(answer.text == "Hello World from Cloud Run!")
    }

    /// Expects the process to be alive and to hold no more than when it was idle.
    func expectUnharmed() async throws {
        try await expectService()
        #expect(backend.process.isRunning)
        try await eventually("descriptors and threads as before", within: Self.promptly) {
            let now = try figures()
            // The runtime ends idle threads and starts them again, at most one per core. A responder that answers may
            // not have started them yet.
            let threads = idle.threads + ProcessInfo.processInfo.processorCount
            return now.descriptors == idle.descriptors && now.threads <= threads
        }
    }
}

/// A number of seats that tasks queue for.
private actor Seats {
    private var free: Int
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { queue.append($0) }
        }
    }

    func giveBack() {
        if queue.isEmpty {
            free += 1
        } else {
            queue.removeFirst().resume()
        }
    }
}
