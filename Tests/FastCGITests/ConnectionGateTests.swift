import TestSupport
import Testing

@testable import FastCGI

struct ConnectionGateTests {
    @Test("A complete request is recognized, and kept as received")
    func whole() {
        let request = SampleRequest.usual.bytes
        var gate = ConnectionGate(limits: FastCGILimits())
        #expect(gate.consume(request) == .complete)
        #expect(gate.request == request)
        #expect(gate.stdinBytes == 14)
    }

    @Test("A request that arrives byte by byte is incomplete until its last byte", arguments: [UInt8(0), 5])
    func byteByByte(padding: UInt8) {
        let request = SampleRequest.usual.records.with(\.padding, padding).bytes
        var gate = ConnectionGate(limits: FastCGILimits())
        for (index, byte) in request.enumerated() {
            #expect(gate.consume([byte]) == (index == request.count - 1 ? .complete : .incomplete))
        }
        #expect(gate.request == SampleRequest.usual.bytes)
    }

    @Test("A cut at any byte changes neither the verdict nor the request", arguments: [UInt8(0), 3])
    func everySplit(padding: UInt8) {
        let records = SampleRequest.usual.records.split(every: 100)
        let request = records.with(\.padding, padding).bytes
        for split in 1..<request.count {
            var gate = ConnectionGate(limits: FastCGILimits())
            #expect(gate.consume(Array(request[..<split])) == .incomplete)
            #expect(gate.consume(Array(request[split...])) == .complete)
            #expect(gate.request == records.bytes)
            #expect(gate.stdinBytes == 14)
        }
    }

    @Test("Padding is removed, along with its length", arguments: [UInt8(1), 7, 8, 255])
    func padding(padding: UInt8) {
        var gate = ConnectionGate(limits: FastCGILimits())
        let records = SampleRequest.usual.records.split(every: 10)
        #expect(gate.consume(records.with(\.padding, padding).bytes) == .complete)
        #expect(gate.request == records.bytes)
    }

    @Test("An empty or partial request is incomplete")
    func incomplete() {
        let request = SampleRequest.usual.bytes
        #expect(ConnectionGate.verdict([]) == .incomplete)
        for length in 1..<request.count {
            #expect(ConnectionGate.verdict(Array(request.prefix(length))) == .incomplete)
        }
    }

    @Test("A request without params, or without a body, is well-formed", arguments: [true, false])
    func emptyStreams(noParams: Bool) {
        let request = noParams ? SampleRequest(body: SampleRequest.usual.body) : .usual(body: [])
        #expect(ConnectionGate.verdict(request.bytes) == .complete)
    }

    @Test("Any request id except zero is accepted", arguments: [UInt16(1), 255, 256, 65_535])
    func requestIDs(id: UInt16) {
        #expect(ConnectionGate.verdict(SampleRequest.usual.records.with(\.requestID, id).bytes) == .complete)
    }

    @Test("A request that asks to keep the connection is accepted")
    func keepConnection() {
        var request = SampleRequest()
        request.flags = 1
        #expect(ConnectionGate.verdict(request.bytes) == .complete)
    }

    @Test("Bytes after the request are refused, in the same piece or in a separate one")
    func trailingBytes() {
        let request = SampleRequest.usual.bytes
        #expect(ConnectionGate.verdict(request + [1]) == .refused(.trailingBytes))
        #expect(ConnectionGate.verdict(request + request) == .refused(.trailingBytes))
        var gate = ConnectionGate(limits: FastCGILimits())
        #expect(gate.consume(request) == .complete)
        #expect(gate.consume([]) == .complete)
        #expect(gate.consume([1]) == .refused(.trailingBytes))
    }
}
