import TestSupport
import Testing

/// Peers that send what is no request: closed at once, although the time for a request is a minute.
@Suite("Malformed peers")
struct MalformedPeerTests {
    private typealias Kind = FastCGIRecord.Kind
    private let request = SampleRequest.keyless

    private func expectRefused(_ bytes: [UInt8], reason: String) async throws {
        try await FrontDoor.with { door in
            let peer = try await door.connect()
            // The responder may close before it has got everything.
            try await peer.send(bytes)
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
        try await expectRefused(request.records.prefix(3) + [.abort], reason: "aborted by the web server")
    }

    @Test("A peer that sends abort-request in the body is closed at once")
    func abortInBody() async throws {
        try await expectRefused(request.records.prefix(4) + [.abort], reason: "aborted by the web server")
    }

    @Test("A peer that asks for eight values, which would overrun a buffer in libfcgi, is closed at once")
    func getEightValues() async throws {
        let names = (1...8).map { (name: "FCGI_MAX_CONNS_\($0)", value: "") }
        let record = FastCGIRecord(kind: Kind.getValues, requestID: 0, content: FastCGIRecord.pairs(names))
        try await expectRefused([record] + request.records, reason: "management record")
    }

    @Test("A peer that sends only get-values is closed at once")
    func getValuesAlone() async throws {
        let names = [(name: "FCGI_MAX_CONNS", value: "")]
        let record = FastCGIRecord(kind: Kind.getValues, requestID: 0, content: FastCGIRecord.pairs(names))
        try await expectRefused([record], reason: "management record")
    }

    @Test("A peer that sends an unknown management record is closed at once", arguments: [0, 1])
    func unknownManagementRecord(position: Int) async throws {
        var records = request.records
        let pairs = FastCGIRecord.pairs([(name: "DOCUMENT_URI", value: "/")])
        records.insert(FastCGIRecord(kind: 42, requestID: 0, content: pairs), at: position)
        try await expectRefused(records, reason: "management record")
    }

    @Test("A peer that sends a record of another request is closed at once", arguments: 1...4)
    func interleavedRequest(position: Int) async throws {
        var records = request.records
        records.insert(.begin(requestID: 2), at: position)
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
        try await expectRefused([.begin(role: role)] + request.records.dropFirst(), reason: "role is not responder")
    }

    @Test("A peer that sends a second begin-request is closed at once", arguments: 1...4)
    func secondBegin(position: Int) async throws {
        var records = request.records
        records.insert(.begin(), at: position)
        try await expectRefused(records, reason: "unexpected record type")
    }

    @Test("A peer that sends a begin-request of the wrong size is closed at once", arguments: [0, 7, 9])
    func beginOfOtherSize(size: Int) async throws {
        var begin = FastCGIRecord.begin()
        begin.content = [0, 1] + [UInt8](repeating: 0, count: size)
        begin.content = Array(begin.content.prefix(size))
        try await expectRefused([begin] + request.records.dropFirst(), reason: "malformed begin-request")
    }

    @Test("A peer without begin-request is closed at once", arguments: [Kind.params, Kind.stdin, Kind.data, Kind.end])
    func otherFirstRecord(kind: UInt8) async throws {
        try await expectRefused([FastCGIRecord(kind: kind)] + request.records, reason: "unexpected record type")
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
