import Testing

@testable import FastCGI

struct ManagementQueryTests {
    static let names = ["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"]

    static func question(_ names: [String], padding: UInt8 = 0) -> FastCGIRecord {
        FastCGIRecord(.getValues, names.flatMap { FastCGIParams.pair($0, "") }, requestID: 0, padding: padding)
    }

    @Test("The values of a question are answered, each that is known", arguments: [0, 1, 255] as [UInt8])
    func answered(padding: UInt8) throws {
        var limits = FastCGILimits()
        limits.maxInFlight = 77
        let bytes = Self.question(Self.names + ["FCGI_OTHER"], padding: padding).bytes
        for size in [Int.max, 1, 7] {
            var gate = ConnectionGate(limits: limits)
            var rest = bytes[...]
            while !rest.isEmpty {
                #expect(gate.consume(Array(rest.prefix(size))) == .incomplete)
                rest = rest.dropFirst(size)
            }
            let answer = gate.takeReply()
            let reply = try #require(answer)
            let (records, after) = FastCGIRecord.decode(reply)
            #expect(after.isEmpty && records.count == 1)
            #expect(records[0].kind == 10 && records[0].requestID == 0 && records[0].version == 1)
            #expect(
                records[0].content == FastCGIParams.pair("FCGI_MAX_CONNS", "77")
                    + FastCGIParams.pair("FCGI_MAX_REQS", "77") + FastCGIParams.pair("FCGI_MPXS_CONNS", "0")
            )
            let again = gate.takeReply()
            #expect(again == nil && gate.request.isEmpty)
        }
    }

    @Test("A question without names, and one with names that nobody knows, get an answer without values")
    func nothingKnown() throws {
        for names in [[], ["FCGI_MAX_CONN", "fcgi_max_conns", ""]] {
            var gate = ConnectionGate(limits: FastCGILimits())
            #expect(gate.consume(Self.question(names).bytes) == .incomplete)
            let reply = gate.takeReply()
            #expect(reply == FastCGIRecord(10, requestID: 0).bytes)
        }
    }

    @Test("A question leaves no trace in the request after it")
    func requestAfterIt() {
        var (plain, asked) = (ConnectionGate(limits: FastCGILimits()), ConnectionGate(limits: FastCGILimits()))
        let request = SampleRequest.usual.bytes
        #expect(plain.consume(request) == .complete)
        #expect(asked.consume(Self.question(Self.names).bytes + request) == .complete)
        #expect(asked.request == plain.request && asked.stdinBytes == plain.stdinBytes)
        let (answer, none) = (asked.takeReply(), plain.takeReply())
        #expect(answer != nil && none == nil)
    }

    @Test("A question has 512 bytes at most, and so has its answer, however often a name is repeated")
    func limits() {
        // 20 bytes of the answer each, with the default limit of four digits, and 18.
        let names = [String](repeating: "FCGI_MAX_CONNS", count: 13) + [String](repeating: "FCGI_MPXS_CONNS", count: 14)
        let longest = Self.question(names + [String(repeating: "X", count: 64)])
        #expect(longest.content.count == 512)
        #expect(ConnectionGate.verdict(longest.bytes) == .incomplete)
        #expect(ConnectionGate.verdict(Self.question(names + ["FCGI_MPXS_CONNS"]).bytes) == .refused(.malformedParams))
    }

    @Test("Four questions are answered, and a fifth is refused")
    func manyQuestions() {
        let questions = [FastCGIRecord](repeating: Self.question([]), count: 5)
        #expect(ConnectionGate.verdict(questions.dropLast().bytes) == .incomplete)
        #expect(ConnectionGate.verdict(questions.bytes) == .refused(.managementRecord))
    }
}
