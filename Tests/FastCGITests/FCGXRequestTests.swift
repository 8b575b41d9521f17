import Glibc
import Testing

@testable import FastCGI

struct FCGXRequestTests {
    init() throws {
        _ = try RunningServer.library.get()
    }

    /// Has libfcgi read a request through the feed, as the responder does.
    func decode(_ request: [UInt8], names: [String] = [], through feed: inout RequestFeed?) throws -> (
        params: [String?], body: [UInt8]
    ) {
        var gate = ConnectionGate(limits: FastCGILimits())
        try #require(gate.consume(request) == .complete)
        try feed?.fill(with: gate.request)
        var fcgx = try FCGXRequest(decoding: &feed)
        let params = fcgx.withParams { params in
            names.map { name in Array(name.utf8).withUnsafeBufferPointer { params[$0] } }
        }
        let body = try fcgx.readBody(count: gate.stdinBytes)
        return (params, body)
    }

    @Test(
        "Params and body are decoded as they were sent",
        arguments: [(65_535, UInt8(0)), (1, 0), (7, 0), (7, 9), (1, 255)] as [(Int, UInt8)]
    )
    func decoded(recordSize: Int, padding: UInt8) throws {
        var feed: RequestFeed? = try RequestFeed(capacity: FastCGILimits().maxRequestBytes)
        var sample = SampleRequest.usual
        sample.params["ODD"] = "a=b\r\né="
        for number in 0..<200 where recordSize > 1 {
            sample.params["NAME_\(number)"] = String(repeating: "v", count: number % 130)
        }
        let request = sample.records.split(every: recordSize).with(\.padding, padding)
        let names = sample.params.keys + ["ABSENT", "REQUEST", "REQUEST_METHOD="]
        let decoded = try decode(request.bytes, names: names, through: &feed)
        #expect(decoded.params == sample.params.values.map { $0.isEmpty ? nil : $0 } + [nil, nil, nil])
        #expect(decoded.body == sample.body)
    }

    @Test(
        "Bodies of any size and content are read completely",
        arguments: [0, 1, 7, 8_191, 8_192, 8_193, 65_535, 65_536, 81_920]
    )
    func bodies(size: Int) throws {
        var feed: RequestFeed? = try RequestFeed(capacity: FastCGILimits().maxRequestBytes)
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try decode(SampleRequest.usual(body: body).bytes, through: &feed).body == body)
    }

    @Test("A reused feed shows no bytes of the previous request")
    func reuse() throws {
        var feed: RequestFeed? = try RequestFeed(capacity: FastCGILimits().maxRequestBytes)
        let long = SampleRequest(params: ["SECRET": "s", "A": "1"], body: [UInt8](repeating: 0x53, count: 50_000))
        #expect(try decode(long.bytes, names: ["SECRET", "A"], through: &feed).params == ["s", "1"])
        let short = SampleRequest(params: ["A": "2"], body: [1])
        #expect(try decode(short.bytes, names: ["SECRET", "A"], through: &feed) == ([nil, "2"], [1]))
        var byte: UInt8 = 0
        #expect(read(feed?.descriptor ?? -1, &byte, 1) == -1 && errno == EAGAIN, "nothing is left in it")
    }

    @Test(
        "An incomplete or invalid request, or a body of another length than the gate has counted, is rejected at once",
        arguments: [
            ([], 0), (Array("GET / HTTP/1.1\r\n\r\n".utf8), 0), (FastCGIRecord.beginRequest().bytes, 0),
            (Array(SampleRequest.usual.bytes.prefix(20)), 0),
            ([FastCGIRecord.beginRequest(), .params([5, 5, 0x41])].bytes, 0),
            ([FastCGIRecord.beginRequest(role: 2), .params()].bytes, 0),
            (SampleRequest.usual.bytes, 0), (SampleRequest.usual.bytes, 13), (SampleRequest.usual.bytes, 15),
            // Cut off in the body.
            (Array(SampleRequest.usual.bytes.dropLast(12)), 14),
        ] as [([UInt8], Int)]
    )
    func rejected(request: [UInt8], bodyLength: Int) throws {
        var feed: RequestFeed? = try RequestFeed(capacity: FastCGILimits().maxRequestBytes)
        try feed?.fill(with: request)
        #expect(throws: FastCGIError.rejectedByLibrary) {
            var fcgx = try FCGXRequest(decoding: &feed)
            _ = try fcgx.readBody(count: bodyLength)
        }
    }

    @Test("A request larger than the feed is an error, not a wait, and so is no feed")
    func noFeed() throws {
        var feed: RequestFeed? = try RequestFeed(capacity: 4_096)
        #expect(throws: SystemCallError.self) { try feed?.fill(with: [UInt8](repeating: 0, count: 70_000)) }
        feed = nil
        #expect(throws: FastCGIError.rejectedByLibrary) { _ = try FCGXRequest(decoding: &feed) }
    }
}
