import Testing

@testable import FastCGI

struct ManagementQueryTests {
    static func question(_ names: [String], padding: UInt8 = 0) -> FastCGIRecord {
        FastCGIRecord(.getValues, names.flatMap { FastCGIParams.pair($0, "") }, requestID: 0, padding: padding)
    }

    @Test(
        "Each value of a question that is known is answered, and nothing of the question is in the request after it",
        arguments: [
            (
                ["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS", "FCGI_OTHER"],
                FastCGIParams.pair("FCGI_MAX_CONNS", "77") + FastCGIParams.pair("FCGI_MAX_REQS", "77")
                    + FastCGIParams.pair("FCGI_MPXS_CONNS", "0")
            ),
            ([], []), (["FCGI_MAX_CONN", "fcgi_max_conns", ""], []),
        ] as [(names: [String], values: [UInt8])],
        [0, 1, 255] as [UInt8]
    )
    func answered(question: (names: [String], values: [UInt8]), padding: UInt8) throws {
        var limits = FastCGILimits()
        limits.maxInFlight = 77
        let request = SampleRequest.usual.bytes
        for size in [Int.max, 1, 7] {
            var gate = ConnectionGate(limits: limits)
            #expect(gate.consume(Self.question(question.names, padding: padding).bytes, pieces: size) == .incomplete)
            let (reply, again) = (gate.takeReply(), gate.takeReply())
            #expect(reply == FastCGIRecord(.getValuesResult, question.values, requestID: 0).bytes)
            #expect(again == nil && gate.request.isEmpty)
            #expect(gate.consume(request) == .complete)
            #expect(gate.request == request && gate.stdinBytes == SampleRequest.usual.body.count)
        }
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
