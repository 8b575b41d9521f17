import TestSupport
import Testing

/// Peers whose request does not arrive completely are closed when their time is up, and delay no other peer.
@Suite("Slow peers")
struct SlowPeerTests {
    private static let arrivalTimeout = 4
    private let timeUp: Duration = .seconds(arrivalTimeout)

    /// Sends the bytes, then nothing.
    ///
    /// - Parameter isAnswered: whether the peer is told so.
    private func expectClosedInTime(sending bytes: [UInt8], isAnswered: Bool = false) async throws {
        try await FrontDoor.with(arrivalTimeout: Self.arrivalTimeout) { door in
            let start = ContinuousClock.now
            let peer = try door.connect()
            try peer.send(bytes)
            try await door.expectService(within: timeUp / 2)
            #expect(peer.isWaiting)
            let answer = FastCGIAnswer(try await peer.readToEnd(within: timeUp + FrontDoor.promptly))
            #expect(answer?.status == (isAnswered ? 408 : nil))
            #expect(answer?.reason == (isAnswered ? "request_timeout" : nil))
            let elapsed = ContinuousClock.now - start
            #expect(elapsed > timeUp * 0.9, "closed before its time")
            #expect(elapsed < timeUp + .seconds(5), "closed late")
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that sends nothing is closed when its time is up")
    func silent() async throws {
        try await expectClosedInTime(sending: [])
    }

    @Test("A peer that sends half a header is closed when its time is up")
    func halfHeader() async throws {
        try await expectClosedInTime(sending: Array(SampleRequest.keyless.bytes.prefix(4)))
    }

    @Test("A peer that sends half of the params is closed when its time is up")
    func halfParams() async throws {
        let params = SampleRequest.keyless.records[1].content
        try await expectClosedInTime(sending: Array(SampleRequest.keyless.bytes.prefix(16 + 8 + params.count / 2)))
    }

    @Test("A peer that sends all params and half of the body gets an answer when its time is up")
    func halfBody() async throws {
        let request = SampleRequest.keyless
        try await expectClosedInTime(
            sending: Array(request.bytes.dropLast(8 + request.body.count / 2)),
            isAnswered: true
        )
    }

    @Test("A peer that sends everything but the last record gets an answer when its time is up")
    func withoutLastRecord() async throws {
        try await expectClosedInTime(sending: SampleRequest.keyless.records.dropLast().bytes, isAnswered: true)
    }

    @Test("A peer that sends one byte a second gains no time")
    func oneByteASecond() async throws {
        try await FrontDoor.with(arrivalTimeout: Self.arrivalTimeout) { door in
            let start = ContinuousClock.now
            let peer = try door.connect()
            for byte in SampleRequest.keyless.bytes.prefix(6) {
                guard try peer.send([byte]) else { break }
                try await door.expectService(within: timeUp / 2)
                try await Task.sleep(for: .seconds(1))
            }
            #expect(try await peer.readToEnd(within: .zero).isEmpty)
            #expect(ContinuousClock.now - start < timeUp + .seconds(5))
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that hangs up between params is closed at once", arguments: [false, true])
    func endBetweenParams(abruptly: Bool) async throws {
        let request = SampleRequest.keyless
        try await expectClosedAtEnd(of: request.records.prefix(2).bytes, abruptly: abruptly)
    }

    @Test("A peer that hangs up within a param is closed at once", arguments: [false, true])
    func endInParam(abruptly: Bool) async throws {
        let request = SampleRequest.keyless
        try await expectClosedAtEnd(of: Array(request.bytes.prefix(16 + 8 + 11)), abruptly: abruptly)
    }

    @Test("A peer that hangs up in the body is closed at once", arguments: [false, true])
    func endInBody(abruptly: Bool) async throws {
        try await expectClosedAtEnd(of: Array(SampleRequest.keyless.bytes.dropLast(20)), abruptly: abruptly)
    }

    /// Sends the bytes, then closes the sending side or everything.
    private func expectClosedAtEnd(of bytes: [UInt8], abruptly: Bool) async throws {
        try await FrontDoor.with { door in
            try await sendAndEnd(bytes, abruptly: abruptly, to: door)
            try await door.expectUnharmed()
        }
    }

    private func sendAndEnd(_ bytes: [UInt8], abruptly: Bool, to door: FrontDoor) async throws {
        let peer = try door.connect()
        try peer.send(bytes)
        try await door.expectService()
        if !abruptly {
            peer.halfClose()
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
        }
    }
}
