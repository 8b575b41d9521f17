import TestSupport
import Testing

/// Peers that send what is no request, or too much, seen from outside the process. Each rule is in
/// `ConnectionGateRefusalTests`.
@Suite("Hostile peers")
struct HostilePeerTests {
    @Test(
        "A peer that sends something other than a request is closed at once, and the log says why",
        arguments: [
            // Two lengths of 2^31-1, which would fail an assertion in libfcgi.
            (hugeLengths, "malformed params"),
            (Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), "unsupported version"),
        ]
    )
    func refused(bytes: [UInt8], reason: String) async throws {
        try await FrontDoor.with { door in
            let peer = try door.connect()
            // The responder may close before it has received everything.
            try peer.send(bytes)
            try await door.expectService()
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
            #expect(door.backend.logs().contains(#""reason":"\#(reason)""#))
            try await door.expectUnharmed()
        }
    }

    private static let hugeLengths =
        ([.beginRequest()] + FastCGIRecord.stream(.params, [UInt8](repeating: 0xFF, count: 8)) + [.stdin()]).bytes

    @Test("A peer that asks for eight values, which would overrun a buffer in libfcgi, gets both answers")
    func getValues() async throws {
        let names = (1...8).map { "FCGI_MAX_CONNS_\($0)" } + ["FCGI_MPXS_CONNS"]
        let content = names.flatMap { FastCGIParams.pair($0, "") }
        let question = FastCGIRecord(.getValues, content, requestID: 0, padding: 3)
        try await FrontDoor.with { door in
            let peer = try door.connect()
            try peer.send(([question] + SampleRequest.keyless.records).bytes)
            let (records, _) = FastCGIRecord.decode(try await peer.readToEnd(within: FrontDoor.promptly))
            #expect(records.first?.kind == 10 && records.first?.requestID == 0)
            #expect(records.first?.content == FastCGIParams.pair("FCGI_MPXS_CONNS", "0"))
            #expect(records.last?.kind == .endRequest)
            try await door.expectUnharmed()
        }
    }

    @Test("A body that is too large is read to its end and not kept, and the answer says so")
    func largeBody() async throws {
        var request = SampleRequest.keyless
        request.body = [UInt8](repeating: 0x20, count: 5_000_000)
        request.params["CONTENT_LENGTH"] = String(request.body.count)
        try await FrontDoor.with { door in
            let before = try door.figures()
            let answer = try await door.answer(to: request)
            #expect(answer.status == 413)
            #expect(answer.reason == "payload_too_large")
            try await door.expectUnharmed()
            #expect(try door.figures().residentKB - before.residentKB < 1_024 || !FrontDoor.measuresMemory)
        }
    }
}
