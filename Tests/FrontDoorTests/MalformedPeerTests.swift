import TestSupport
import Testing

/// Peers that send something other than a request are closed at once, although a request may take a minute to arrive.
@Suite("Malformed peers")
struct MalformedPeerTests {
    private let request = SampleRequest.keyless

    private func expectRefused(_ bytes: [UInt8], reason: String) async throws {
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

    private func expectRefused(_ records: [FastCGIRecord], reason: String) async throws {
        try await expectRefused(records.bytes, reason: reason)
    }

    @Test("A peer that sends abort-request before the body is closed at once")
    func abortBeforeBody() async throws {
        try await expectRefused(request.records.prefix(3) + [.abortRequest], reason: "aborted by the web server")
    }

    @Test("A peer that sends abort-request in the body is closed at once")
    func abortInBody() async throws {
        try await expectRefused(request.records.prefix(4) + [.abortRequest], reason: "aborted by the web server")
    }

    private func question(_ names: [String], padding: UInt8 = 0) -> FastCGIRecord {
        FastCGIRecord(.getValues, names.flatMap { FastCGIParams.pair($0, "") }, requestID: 0, padding: padding)
    }

    @Test("A peer that asks for values and then sends a request gets both answers", arguments: [1, 8])
    func getValues(count: Int) async throws {
        // Eight would overrun a buffer in libfcgi.
        let names = (1...count).map { "FCGI_MAX_CONNS_\($0)" } + ["FCGI_MPXS_CONNS"]
        try await FrontDoor.with { door in
            let peer = try door.connect()
            try peer.send(([question(names, padding: 3)] + request.records).bytes)
            let (records, _) = FastCGIRecord.decode(try await peer.readToEnd(within: FrontDoor.promptly))
            #expect(records.first?.kind == 10 && records.first?.requestID == 0)
            #expect(records.first?.content == FastCGIParams.pair("FCGI_MPXS_CONNS", "0"))
            #expect(records.last?.kind == .endRequest)
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that asks more often than a web server does is closed at once")
    func getValuesAgain() async throws {
        try await FrontDoor.with { door in
            let peer = try door.connect()
            let questions = [FastCGIRecord](repeating: question(["FCGI_MAX_CONNS"]), count: 5)
            for question in questions { try peer.send(question.bytes) }
            let (records, _) = FastCGIRecord.decode(try await peer.readToEnd(within: FrontDoor.promptly))
            #expect(records.count <= 4)
            #expect(door.backend.logs().contains(#""reason":"management record""#))
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that asks for values and goes away without a request does no harm")
    func getValuesOnly() async throws {
        try await FrontDoor.with { door in
            for _ in 0..<100 { try door.connect().send(question(["FCGI_MAX_CONNS"]).bytes) }
            try await door.expectService()
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that asks for values in the middle of a request is closed at once")
    func getValuesLate() async throws {
        let record = FastCGIRecord(.getValues, FastCGIParams.pair("FCGI_MAX_CONNS", ""), requestID: 0)
        try await expectRefused(request.records.prefix(2) + [record], reason: "management record")
    }

    @Test("A peer that sends an unknown management record is closed at once", arguments: [0, 1])
    func unknownManagementRecord(position: Int) async throws {
        var records = request.records
        records.insert(FastCGIRecord(42, FastCGIParams.pair("DOCUMENT_URI", "/"), requestID: 0), at: position)
        try await expectRefused(records, reason: "management record")
    }

    @Test("A peer that sends a record of another request is closed at once", arguments: 1...4)
    func interleavedRequest(position: Int) async throws {
        var records = request.records
        records.insert(.beginRequest(requestID: 2), at: position)
        try await expectRefused(records, reason: "another request id")
    }

    @Test("A peer that sends a record of version 0 or 2 is closed at once", arguments: [0, 2] as [UInt8], [0, 1, 3])
    func otherVersion(version: UInt8, position: Int) async throws {
        var records = request.records
        records[position].version = version
        try await expectRefused(records, reason: "unsupported version")
    }

    @Test("A peer that asks for a role other than responder is closed at once", arguments: [2, 3, 0, 257])
    func otherRole(role: Int) async throws {
        let records = [.beginRequest(role: role)] + request.records.dropFirst()
        try await expectRefused(records, reason: "role is not responder")
    }

    @Test("A peer that sends a second begin-request is closed at once", arguments: 1...4)
    func secondBegin(position: Int) async throws {
        var records = request.records
        records.insert(.beginRequest(), at: position)
        try await expectRefused(records, reason: "unexpected record type")
    }

    @Test("A peer that sends a begin-request of the wrong size is closed at once", arguments: [0, 7, 9])
    func beginOfOtherSize(size: Int) async throws {
        let content = [0, 1] + [UInt8](repeating: 0, count: size)
        let begin = FastCGIRecord(.beginRequest, Array(content.prefix(size)))
        try await expectRefused([begin] + request.records.dropFirst(), reason: "malformed begin-request")
    }

    @Test(
        "A peer without begin-request is closed at once",
        arguments: [.params, .stdin, .data, .endRequest] as [FastCGIRecord.Kind]
    )
    func otherFirstRecord(kind: FastCGIRecord.Kind) async throws {
        try await expectRefused([FastCGIRecord(kind)] + request.records, reason: "unexpected record type")
    }

    @Test("A peer that sends HTTP instead of FastCGI is closed at once")
    func http() async throws {
        try await expectRefused(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), reason: "unsupported version")
    }

    @Test("A peer that sends bytes after its request is closed at once")
    func trailingBytes() async throws {
        try await expectRefused(request.bytes + [1], reason: "bytes behind the request")
    }
}
