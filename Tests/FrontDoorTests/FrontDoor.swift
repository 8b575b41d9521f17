import Foundation
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
    private let idle: ProcessFigures

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
        defer { Task { await seats.giveBack() } }
        // Connections to the upstream come and go by calls alone: what is counted here would count them.
        var environment = ["ARRIVAL_TIMEOUT": String(arrivalTimeout), "UPSTREAM_WARM_CONNECTIONS": "0"]
            .merging(settings) { _, given in given }
        for (name, value) in sanitizerOptions { environment[name] = value }
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

    private static let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
        ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key)
    }

    /// What a responder says on its standard error beside what it always says.
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

    /// Whether a process's memory is its own, and not that of a sanitizer in it.
    static let measuresMemory = ProcessInfo.processInfo.environment["SANITIZED"] == nil

    private init(_ backend: Backend, path: String) async throws {
        self.backend = backend
        self.path = path
        // The first request brings what is made only once.
        let answer = try await Self.answer(to: .greeting, at: path)
        try #require(answer.status == 200)
        idle = try Self.figures(of: backend)
    }

    func connect() throws -> FastCGIPeer { try FastCGIPeer(path) }

    /// What the process has of the system's.
    func figures() throws -> ProcessFigures { try Self.figures(of: backend) }

    private static func figures(of backend: Backend) throws -> ProcessFigures {
        try ProcessFigures(of: backend.process, withoutRuntime: true)
    }

    /// Sends a request on a connection of its own and reads the answer.
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

    /// Expects the process to live and to hold no more than it did when it was idle.
    func expectUnharmed() async throws {
        try await expectService()
        #expect(backend.process.isRunning)
        try await eventually("descriptors and threads as before", within: Self.promptly) {
            let now = try figures()
            // The runtime sends idle threads home, and calls them back: at most one for each core. A responder that
            // answers may have yet to start them.
            let threads = idle.threads + ProcessInfo.processInfo.processorCount
            return now.descriptors == idle.descriptors && now.threads <= threads
        }
    }
}

/// A number of places, for which tasks queue.
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
