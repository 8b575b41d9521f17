import TestSupport
import Testing

/// Peers that differ from nginx but keep to the rules are answered.
@Suite("Odd peers")
struct OddPeerTests {
    private let greeting = SampleRequest.greeting
    private let keyless = SampleRequest.keyless
    /// The error names this object's last key, which proves that all of it was read.
    private static let large = SampleRequest.exchange(
        #"{"filler":""# + String(repeating: "x", count: 12_000) + #"","the_last_key":1,"the_last_key":2}"#
    )

    /// Sends each of the writes separately.
    private func answer(_ writes: [[UInt8]], from door: FrontDoor) async throws -> FastCGIAnswer {
        let peer = try door.connect()
        for write in writes { try peer.send(write) }
        return try await peer.answer(within: FrontDoor.promptly)
    }

    /// Sends three requests in the odd way, each in one write and in one write per record.
    private func expectAnswers(_ oddly: (SampleRequest) -> [FastCGIRecord]) async throws {
        try await FrontDoor.with { door in
            for isOneWrite in [true, false] {
                func answer(_ request: SampleRequest) async throws -> FastCGIAnswer {
                    let records = oddly(request)
                    return try await self.answer(isOneWrite ? [records.bytes] : records.map(\.bytes), from: door)
                }
                let greeted = try await answer(greeting)
                #expect(greeted.status == 200)
                #expect(greeted.text == "Hello World from Cloud Run!")
                #expect(greeted.headers["X-Request-Id"] == greeting.params["REQUEST_ID"])
                let refused = try await answer(keyless)
                #expect(refused.status == 400)
                #expect(refused.reason == "missing_key")
                let read = try await answer(Self.large)
                #expect(read.reason == "duplicate_key")
                #expect(read.text.contains("'the_last_key'"))
            }
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that pads its body with 255 bytes is answered")
    func paddedBody() async throws {
        try await expectAnswers { request in
            request.records.map { record in
                var record = record
                if record.kind == .stdin { record.padding = 255 }
                return record
            }
        }
    }

    @Test("A peer that pads every record with 255 bytes, even the empty ones, is answered")
    func paddedRecords() async throws {
        try await expectAnswers { $0.records.with(\.padding, 255) }
    }

    @Test("A peer that sends records of one content byte each is answered")
    func oneByteRecords() async throws {
        try await expectAnswers { request in
            var request = request
            // 12,000 records are too many; another test covers that.
            if request.body.count > 4_096 {
                let json = String(decoding: request.body, as: UTF8.self)
                request = .exchange(json.replacing(String(repeating: "x", count: 10_000), with: ""))
            }
            return request.records.split(every: 1)
        }
    }

    @Test("A peer that pads its one-byte records with 255 bytes is answered")
    func paddedOneByteRecords() async throws {
        try await FrontDoor.with { door in
            let records = keyless.records.split(every: 1).with(\.padding, 255)
            #expect(try await answer(records.map(\.bytes), from: door).reason == "missing_key")
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that sends one byte at a time is answered")
    func oneByteWrites() async throws {
        try await FrontDoor.with { door in
            #expect(try await answer(keyless.bytes.map { [$0] }, from: door).reason == "missing_key")
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that keeps its connection is answered there, request after request, and when it half-closes it")
    func keptConnection() async throws {
        try await FrontDoor.with { door in
            let peer = try door.connect()
            var (keyless, large) = (keyless, Self.large)
            (keyless.flags, large.flags) = (1, 1)
            for _ in 0..<20 {
                try peer.send(keyless.bytes)
                #expect(try await peer.answerOnKeptConnection(within: FrontDoor.promptly).reason == "missing_key")
                try peer.send(large.bytes)
                #expect(try await peer.answerOnKeptConnection(within: FrontDoor.promptly).reason == "duplicate_key")
            }
            try peer.send(keyless.bytes)
            peer.halfClose()
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty == false)
            try await door.expectUnharmed()
        }
    }

    @Test("A peer is answered whatever its request id is", arguments: [1, 2, 255, 256, 65_535] as [UInt16])
    func requestID(id: UInt16) async throws {
        try await FrontDoor.with { door in
            let peer = try door.connect()
            try peer.send(greeting.records.with(\.requestID, id).bytes)
            let bytes = try await peer.readToEnd(within: FrontDoor.promptly)
            #expect(FastCGIAnswer(bytes, requestID: id)?.status == 200)
        }
    }

    @Test("A peer that half-closes the connection after its request is answered")
    func halfClosed() async throws {
        try await FrontDoor.with { door in
            let peer = try door.connect()
            try peer.send(greeting.bytes)
            peer.halfClose()
            #expect(try await peer.answer(within: FrontDoor.promptly).status == 200)
            try await door.expectUnharmed()
        }
    }
}
