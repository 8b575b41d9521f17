import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A reader of standard error, even one that stops reading, must never be able to stop the service.
@Suite("A log that nobody reads")
struct UnreadLogTests {
    private static let isLong = ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"

    private let directory: ScratchDirectory
    private let reader: LogReader
    private var path: String { directory.path("fcgi.sock") }

    init() throws {
        directory = try ScratchDirectory()
        reader = try LogReader(in: directory, name: "backend")
    }

    private func start(_ settings: [String: String] = [:]) async throws -> ServerProcess {
        try await ServerProcess.start(
            try Backend.executable,
            arguments: ["serve"],
            environment: FrontDoor.environment(socket: path).merging(settings) { $1 },
            in: directory,
            name: "backend"
        )
    }

    private func startAndAnswer(_ settings: [String: String] = [:]) async throws -> ServerProcess {
        let process = try await start(settings)
        try await eventuallyAnswers()
        return process
    }

    private func eventuallyAnswers() async throws {
        try await eventually("an answer") {
            (try? await FrontDoor.answer(to: .greeting, at: path))?.status == 200
        }
    }

    /// Sends requests that are logged, each once the last is answered.
    ///
    /// - Returns: how many were not answered as expected.
    private func send(_ count: Int) async throws -> Int {
        let path = path
        let failures = try await BlockingThread.run(on: 4) { _ in
            (0..<(count / 4)).count { _ in !Self.isAnswered(at: path) }
        }
        return failures.reduce(0, +)
    }

    /// Sends one request that is logged, and waits for its answer. Blocks.
    ///
    /// - Parameter status: the expected one.
    private static func isAnswered(
        at path: String,
        _ request: SampleRequest = .keyless,
        with status: Int = 400
    ) -> Bool {
        guard let peer = try? FastCGIPeer(path), (try? peer.send(request.bytes)) == true else { return false }
        return (try? peer.answer(within: FrontDoor.promptly))?.status == status
    }

    @Test("A hundred logins a second succeed, and TERM ends the process, while nobody reads the log")
    func service() async throws {
        // Full from the start, so that the first line could stop the process.
        try reader.fill()
        let upstream = try FaultUpstream()
        let process = try await startAndAnswer(["AUTH_ENDPOINT": upstream.authEndpoint])
        let path = path
        try await BlockingThread.run {
            let started = ContinuousClock.now
            for number in 0..<(Self.isLong ? 3_000 : 300) {
                guard Self.isAnswered(at: path, .call("\(number)"), with: 200) else {
                    throw TestSupportError("login \(number) did not succeed")
                }
                let due = started + .milliseconds(10) * (number + 1)
                let pause = (due - .now) / .microseconds(1)
                if pause > 0 { usleep(UInt32(pause)) }
            }
        }
        process.terminate()
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
    }

    @Test("When the log is read again, it says how many lines were dropped, and memory has not grown")
    func dropped() async throws {
        let process = try await startAndAnswer()
        #expect(try await send(1_000) == 0)
        let before = try ProcessFigures(of: process).residentKB
        // Several times as much as the queue and the named pipe hold.
        #expect(try await send(10_000) == 0)
        let growth = try ProcessFigures(of: process).residentKB - before
        #expect(!FrontDoor.measuresMemory || growth < 4_096, "\(growth) KiB")

        async let text = reader.readToEnd()
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await send(100) == 0)
        process.terminate()
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
        let lines = try JSONLog.lines(try await text)
        let requests = lines.count { $0["route"] == .text("exchange") }
        let reports = lines.filter { $0["message"] == .text("log lines were dropped") }
        #expect(reports.count == 1)
        let count = try #require(reports.first?["count"]?.number)
        #expect(count > 5_000)
        #expect(reports.first?["severity"] == .text("WARNING"))
        #expect(requests + Int(count) == 11_100)
        #expect(lines.last?["message"] == .text("stopped"))
        // In order of time, except within a millisecond, where the four senders' lines may be in any order.
        let times = lines.compactMap { $0["time"]?.text }
        #expect(zip(times, times.dropFirst()).count { $0 > $1 } < lines.count / 100)
    }

    @Test("A second signal ends the process at once, although nobody reads the log", arguments: [SIGTERM, SIGINT])
    func secondSignal(signal: CInt) async throws {
        try reader.fill()
        let upstream = try FaultUpstream(isHolding: true)
        let process = try await startAndAnswer(["AUTH_ENDPOINT": upstream.authEndpoint, "SHUTDOWN_GRACE": "60"])
        let peer = try FastCGIPeer(path)
        try peer.send(SampleRequest.call("c").bytes)
        try await upstream.holds(1)
        process.terminate()
        try await eventually("the begin of the shutdown") { !FileManager.default.fileExists(atPath: path) }
        process.terminate(signal: signal)
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(128 + signal))
    }

    @Test("A wrong setting or an unusable socket path ends the process, although nobody reads the log")
    func failedStart() async throws {
        try reader.fill()
        let wrong = try await start(["REQUEST_TIMEOUT": "never"])
        #expect(try await wrong.waitForExit(timeout: FrontDoor.promptly) == .code(78))
        let homeless = try await start(["LISTEN_SOCKET": directory.path("absent/fcgi.sock")])
        #expect(try await homeless.waitForExit(timeout: FrontDoor.promptly) == .code(1))
    }

    // The reader must come back within half a second.
    @Test("The last lines are in the log if its reader comes back in time", .enabled(if: isLong), arguments: [1, 2])
    func lastLines(signals: Int) async throws {
        try reader.fill()
        let upstream = try FaultUpstream(isHolding: true)
        let process = try await startAndAnswer(["AUTH_ENDPOINT": upstream.authEndpoint, "SHUTDOWN_GRACE": "60"])
        var inFlight: FastCGIPeer?
        if signals > 1 {
            inFlight = try FastCGIPeer(path)
            try inFlight?.send(SampleRequest.call("c").bytes)
            try await upstream.holds(1)
        }
        process.terminate()
        try await eventually("the begin of the shutdown") { !FileManager.default.fileExists(atPath: path) }
        if signals > 1 { process.terminate(signal: SIGINT) }
        // Within the half second that the end waits.
        try await Task.sleep(for: .milliseconds(100))
        let text = try await reader.readToEnd()
        #expect(text.contains(signals > 1 ? #""message":"shutting down""# : #""message":"stopped""#))
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(signals > 1 ? 128 + SIGINT : 0))
    }

    // A sanitizer handles crashes itself.
    @Test(
        "A crash ends the process although nobody reads its message",
        .enabled(if: FrontDoor.measuresMemory),
        arguments: [SIGILL, SIGABRT, SIGSEGV]
    )
    func crash(signal: CInt) async throws {
        try reader.fill()
        let process = try await startAndAnswer()
        process.terminate(signal: signal)
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .signal(signal))
    }

    // A sanitizer handles crashes itself.
    @Test("The lines before a crash are in the log", .enabled(if: FrontDoor.measuresMemory))
    func linesBeforeCrash() async throws {
        let process = try await startAndAnswer()
        #expect(try await send(400) == 0)
        process.terminate(signal: SIGABRT)
        // More than the named pipe holds: the process still has the rest, which is read only now.
        async let text = reader.readToEnd()
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .signal(SIGABRT))
        #expect(try JSONLog.lines(try await text).count { $0["route"] == .text("exchange") } == 400)
    }

    // A sanitizer handles crashes itself; and the program that prints backtraces gives up on a machine that is busy.
    @Test(
        "A crash's backtrace, if Swift's runtime prints one, is in the log completely",
        .enabled(if: FrontDoor.measuresMemory && isLong)
    )
    func backtrace() async throws {
        // Of one thread and without names of functions: on a busy machine the rest takes longer than the program is given.
        let options = "enable=yes,color=no,threads=crashed,symbolicate=off,timeout=600s"
        let process = try await startAndAnswer(["SWIFT_BACKTRACE": options])
        process.terminate(signal: SIGSEGV)
        let text = try await reader.readToEnd()
        #expect(try await process.waitForExit() == .signal(SIGSEGV))
        // Not every installation has the program that prints it.
        #expect(text.contains("Backtracing from") == text.contains("Backtrace took"))
    }

    @Test("A reader of the log that goes away does no harm")
    func goneReader() async throws {
        let process = try await startAndAnswer()
        #expect(try await send(4) == 0)
        reader.leave()
        #expect(try await send(400) == 0)
        process.terminate()
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
    }

    @Test("A closed standard error does no harm, and no socket gets its number")
    func closed() async throws {
        let process = try await ServerProcess.start(
            "sh",
            arguments: ["-c", #"exec "$0" serve <&- >&- 2>&-"#, try Backend.executable],
            environment: FrontDoor.environment(socket: path),
            in: try ScratchDirectory(),
            name: "backend"
        )
        try await eventuallyAnswers()
        #expect(try await send(400) == 0)
        let targets = try (0...2).map {
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.pid)/fd/\($0)")
        }
        #expect(targets == Array(repeating: "/dev/null", count: 3))
        process.terminate()
        #expect(try await process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
    }
}
