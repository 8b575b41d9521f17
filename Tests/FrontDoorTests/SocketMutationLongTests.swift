import Foundation
import Synchronization
import TestSupport
import Testing

/// Sends many randomly changed requests of nginx to one process.
@Suite("The front door", .enabled(if: ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"), .serialized)
struct SocketMutationLongTests {
    /// The results of the streams.
    private struct Tally {
        var answered: [Int: Int] = [:]
        var refused = 0
        var unread = 0
        /// The seeds of failed streams.
        var failures: [UInt64] = []
    }

    private static let streams = 240_000
    private static let threads = 24

    @Test("The front door survives 240,000 mutated streams and leaks nothing", .timeLimit(.minutes(5)))
    func mutatedStreams() async throws {
        // The fuzzer starts from these requests, too.
        var samples = try RecordedStreamTests.streams(in: "Corpus/gate").filter { $0.name.hasPrefix("nginx-") }.map(
            \.bytes
        )
        #expect(samples.count >= 7)
        samples += samples.map(Self.keepingConnection)
        let settings = ["ARRIVAL_TIMEOUT": "0.2", "LOG_LEVEL": "critical"]
        try await FrontDoor.with(settings: settings) { door in
            // After a few streams, the allocator and the runtime have what they keep for good.
            try await run(0..<20_000, samples, door.path, Tallies())
            let before = try door.figures()
            let tallies = Tallies()
            let start = ContinuousClock.now
            try await run(20_000..<20_000 + Self.streams, samples, door.path, tallies)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            try await door.expectUnharmed()
            let after = try door.figures()
            #expect(after.residentKB - before.residentKB < 8_192 || !FrontDoor.measuresMemory)

            let tally = tallies.all
            #expect(tally.failures.isEmpty)
            #expect(tally.answered[200, default: 0] > 0 && tally.answered[400, default: 0] > 0 && tally.refused > 0)
            let answers = tally.answered.sorted { $0.key < $1.key }.map { "\($0.value) with \($0.key)" }
            print(
                "mutated streams: \(Self.streams) in \(Int(seconds)) s; answered: \(answers.joined(separator: ", "));",
                "closed without an answer: \(tally.refused); not read: \(tally.unread);",
                "resident KiB \(before.residentKB) -> \(after.residentKB),",
                "descriptors \(after.descriptors), threads \(after.threads)"
            )
        }
    }

    private final class Tallies: Sendable {
        private let tally = Mutex(Tally())
        var all: Tally { tally.withLock { $0 } }
        func add(_ change: (inout sending Tally) -> Void) { tally.withLock { change(&$0) } }
    }

    private func run(_ seeds: Range<Int>, _ samples: [[UInt8]], _ path: String, _ tallies: Tallies) async throws {
        _ = try await BlockingThread.run(on: Self.threads) { thread in
            for seed in stride(from: seeds.lowerBound + thread, to: seeds.upperBound, by: Self.threads) {
                Self.exchange(MutatedStream(of: samples, seed: UInt64(seed)), seed: UInt64(seed), path, tallies)
            }
        }
    }

    /// The same request with the flag that keeps its connection, in the begin-request record.
    private static func keepingConnection(_ request: [UInt8]) -> [UInt8] {
        var request = request
        request[10] |= 1
        return request
    }

    private static func exchange(_ stream: MutatedStream, seed: UInt64, _ path: String, _ tallies: Tallies) {
        guard let peer = try? FastCGIPeer(path) else { return tallies.add { $0.failures.append(seed) } }
        for write in stream.writes where (try? peer.send(write)) != true { break }
        if case .close = stream.ending { return tallies.add { $0.unread += 1 } }
        if case .halfClose = stream.ending { peer.halfClose() }
        guard var records = try? peer.readRecords(until: .endRequest) else {
            return tallies.add { $0.failures.append(seed) }
        }
        // What says that an answer is the last on a connection that was to be kept.
        if records.count > 1, records.last?.kind == .getValuesResult { records.removeLast() }
        let received = records.bytes
        // A connection that is kept waits for this.
        peer.halfClose()
        guard (try? peer.readToEnd()) != nil else { return tallies.add { $0.failures.append(seed) } }
        if received.isEmpty { return tallies.add { $0.refused += 1 } }
        let requestID = received.count > 4 ? UInt16(received[2]) << 8 | UInt16(received[3]) : 0
        let answer = FastCGIAnswer(received, requestID: requestID)
        tallies.add { tally in
            if let answer {
                tally.answered[answer.status, default: 0] += 1
            } else {
                tally.failures.append(seed)
            }
        }
    }

    @Test("A flood of reconnecting clients delays neither a silent peer's end nor a shutdown")
    func flood() async throws {
        try await FrontDoor.with(arrivalTimeout: 1, settings: ["LOG_LEVEL": "critical"]) { door in
            let answered = Atomic(0)
            async let flood: [Void] = BlockingThread.run(on: 64) { _ in
                while let peer = try? FastCGIPeer(door.path), (try? peer.send(SampleRequest.greeting.bytes)) == true {
                    if (try? peer.readToEnd())?.isEmpty == false { answered.add(1, ordering: .relaxed) }
                }
            }
            let start = ContinuousClock.now
            let silent = try door.connect()
            #expect(try await silent.readToEnd(within: FrontDoor.promptly).isEmpty)
            let closed = ContinuousClock.now
            door.backend.process.terminate()
            #expect(try await door.backend.process.waitForExit(timeout: FrontDoor.promptly) == .code(0))
            let ended = ContinuousClock.now
            _ = try await flood
            print(
                "flood: \(answered.load(ordering: .relaxed)) requests of 64 clients answered; a silent connection was",
                "closed after \(closed - start), the process ended \(ended - closed) after TERM"
            )
        }
    }
}
