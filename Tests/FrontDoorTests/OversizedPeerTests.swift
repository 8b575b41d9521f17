import TestSupport
import Testing

/// Peers that send or announce more than the limits are closed at once, as in ``MalformedPeerTests``.
@Suite("Oversized peers")
struct OversizedPeerTests {
    private func expectRefused(_ records: [FastCGIRecord], reason: String) async throws {
        try await FrontDoor.with { door in
            let before = try door.figures()
            let peer = try door.connect()
            try peer.send(records.bytes)
            try await door.expectService()
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
            #expect(door.backend.logs().contains(#""reason":"\#(reason)""#))
            try await door.expectUnharmed()
            let after = try door.figures()
            #expect(after.residentKB - before.residentKB < 8_192 || !FrontDoor.measuresMemory)
        }
    }

    private func expectRefused(params: [UInt8], reason: String) async throws {
        let records = FastCGIRecord.stream(.params, params)
        try await expectRefused([.beginRequest()] + records + [.stdin()], reason: reason)
    }

    @Test("A peer with two lengths of 2^31-1, which would fail an assertion in libfcgi, is closed at once")
    func hugeLengths() async throws {
        try await expectRefused(params: [UInt8](repeating: 0xFF, count: 8), reason: "malformed params")
    }

    @Test(
        "A peer that announces a huge name or value is closed at once",
        arguments: [[0xFF, 0xFF, 0xFF, 0xFF, 1], [1, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]]
    )
    func hugeLength(lengths: [UInt8]) async throws {
        try await expectRefused(params: lengths + [UInt8](repeating: 0x41, count: 64), reason: "malformed params")
    }

    @Test(
        "A peer with a name or value that reaches beyond its params is closed at once",
        arguments: [[100, 0], [0, 100], [100, 100], [1], [0x80]] as [[UInt8]]
    )
    func nameBeyondRecord(lengths: [UInt8]) async throws {
        let content = lengths.count == 2 ? [UInt8](repeating: 0x41, count: 10) : []
        try await expectRefused(params: lengths + content, reason: "malformed params")
    }

    @Test("A peer with params of 1 MB is closed at once")
    func megabyteOfParams() async throws {
        let param = FastCGIParams.pair("LARGE", String(repeating: "x", count: 1_048_576))
        try await expectRefused(params: param, reason: "params too large")
    }

    @Test("A peer with params of 1 MB in small records and values is closed at once")
    func megabyteOfSmallParams() async throws {
        let params = (0..<100).flatMap { FastCGIParams.pair("NAME_\($0)", String(repeating: "x", count: 1_000)) }
        let records = [FastCGIRecord.params(params)].split(every: 500)
        let many = (0..<10).flatMap { _ in records }
        try await expectRefused([.beginRequest()] + many + [.params(), .stdin()], reason: "params too large")
    }

    @Test("A peer with 10,000 empty params is closed at once")
    func emptyParams() async throws {
        try await expectRefused(params: [UInt8](repeating: 0, count: 20_000), reason: "too many params")
    }

    @Test(
        "A body that is too large is read to its end and not kept, and the answer says so",
        arguments: [16_385, 81_921, 5_000_000]
    )
    func largeBody(size: Int) async throws {
        var request = SampleRequest.keyless
        request.body = [UInt8](repeating: 0x20, count: size)
        request.params["CONTENT_LENGTH"] = String(size)
        try await FrontDoor.with { door in
            let before = try door.figures()
            let answer = try await door.answer(to: request)
            #expect(answer.status == 413)
            #expect(answer.reason == "payload_too_large")
            try await door.expectUnharmed()
            #expect(try door.figures().residentKB - before.residentKB < 1_024 || !FrontDoor.measuresMemory)
        }
    }

    @Test("A peer that never stops sending records is closed at once")
    func endlessRecords() async throws {
        let pieces = [FastCGIRecord.stdin([UInt8](repeating: 0x20, count: 20_000))].split(every: 1)
        try await expectRefused(SampleRequest.keyless.records.dropLast() + pieces, reason: "too many records")
    }
}
