import Testing

@testable import FastCGI

struct ConnectionGateTests {
    @Test(
        "A request is complete with its last byte and kept without padding, however it is cut",
        arguments: [UInt8(0), 1, 7, 8, 255]
    )
    func cuts(padding: UInt8) {
        let records = SampleRequest.usual.records.split(every: 100)
        let request = records.with(\.padding, padding).bytes
        func check(_ pieces: [ArraySlice<UInt8>]) {
            var gate = ConnectionGate(limits: FastCGILimits())
            let verdicts = pieces.map { gate.consume(Array($0)) }
            #expect(verdicts.dropLast().allSatisfy { $0 == .incomplete } && verdicts.last == .complete)
            #expect(gate.request == records.bytes)
            #expect(gate.stdinBytes == 14)
        }
        check([request[...]])
        check(request.indices.map { request[$0...$0] })
        for split in 1..<request.count { check([request[..<split], request[split...]]) }
    }

    @Test(
        "A request may lack params or a body, have any id except zero, and ask to keep the connection",
        arguments: [
            SampleRequest.usual(body: []).records, SampleRequest(body: SampleRequest.usual.body).records,
            SampleRequest(flags: 1).records,
        ],
        [UInt16(1), 255, 256, 65_535]
    )
    func accepted(records: [FastCGIRecord], id: UInt16) {
        var gate = ConnectionGate(limits: FastCGILimits())
        #expect(gate.consume(records.with(\.requestID, id).bytes) == .complete)
        #expect(gate.requestID == id)
        #expect(gate.keepsConnection == (records[0].content[2] == 1))
    }
}
