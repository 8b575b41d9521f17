import Testing

@testable import FastCGI

struct ConnectionGateRefusalTests {
    private static func bytes(_ records: FastCGIRecord...) -> [UInt8] { records.bytes }

    private static func params(_ content: [UInt8]) -> [UInt8] { bytes(.beginRequest(), .params(content), .params()) }

    @Test(
        "Bytes that break the rules are refused for the right reason, however they are split",
        arguments: [
            (bytes(.init(.beginRequest, [0, 1, 0, 0, 0, 0, 0, 0], version: 2)), .unsupportedVersion),
            (bytes(.init(.beginRequest, version: 0)), .unsupportedVersion),
            (Array("GET / HTTP/1.1\r\n".utf8), .unsupportedVersion),
            (bytes(.init(.getValues, [1, 1, 0x41], requestID: 0)), .malformedParams),
            (bytes(.init(.getValues, Array(repeating: 0, count: 513), requestID: 0)), .managementRecord),
            (bytes(.init(.beginRequest, requestID: 0)), .managementRecord),
            (bytes(.init(11, requestID: 0)), .managementRecord),
            (bytes(.beginRequest(), .init(.getValues, requestID: 0)), .managementRecord),
            (bytes(.init(.beginRequest, [0, 1, 0, 0, 0, 0, 0])), .malformedBegin),
            (bytes(.init(.beginRequest)), .malformedBegin),
            (bytes(.init(.beginRequest, [0, 1, 0, 0, 0, 0, 0, 0, 0])), .malformedBegin),
            (bytes(.beginRequest(role: 0)), .unsupportedRole), (bytes(.beginRequest(role: 2)), .unsupportedRole),
            (bytes(.beginRequest(role: 3)), .unsupportedRole), (bytes(.beginRequest(role: 257)), .unsupportedRole),
            (bytes(.beginRequest(), .init(.params, requestID: 2)), .anotherRequestID),
            (bytes(.beginRequest(requestID: 256), .params()), .anotherRequestID),
            (bytes(.beginRequest(), .beginRequest(requestID: 2)), .anotherRequestID),
            (bytes(.beginRequest(), .beginRequest()), .unexpectedRecord),
            (bytes(.params()), .unexpectedRecord), (bytes(.stdin()), .unexpectedRecord),
            (bytes(.beginRequest(), .stdin()), .unexpectedRecord),
            (bytes(.beginRequest(), .params(), .params()), .unexpectedRecord),
            (bytes(.beginRequest(), .init(.endRequest, [0, 0, 0, 0, 0, 0, 0, 0])), .unexpectedRecord),
            (bytes(.beginRequest(), .init(.data)), .unexpectedRecord),
            (bytes(.beginRequest(), .init(.getValues)), .unexpectedRecord),
            (bytes(.beginRequest(), .init(255)), .unexpectedRecord),
            (bytes(.abortRequest), .aborted), (bytes(.beginRequest(), .abortRequest), .aborted),
            (bytes(.beginRequest(), .params(), .abortRequest), .aborted),
            (params([1, 1, 0x41]), .malformedParams), (params(Array(repeating: 0xFF, count: 8)), .malformedParams),
            // libfcgi would take "/metrics" and "GET" for the whole, and "INTERNAL_PATHS" for the name.
            (params(FastCGIParams.pair("SCRIPT_NAME", "/metrics\0x")), .malformedParams),
            (params(FastCGIParams.pair("REQUEST_METHOD", "GET\0POST")), .malformedParams),
            (params(FastCGIParams.pair("INTERNAL_PATHS\0", "guarded")), .malformedParams),
            (params(FastCGIParams.pair("X", "\0", long: true)), .malformedParams),
            (SampleRequest.usual.bytes + [1], .trailingBytes),
            (SampleRequest.usual.bytes + SampleRequest.usual.bytes, .trailingBytes),
        ] as [([UInt8], ConnectionGate.Refusal)]
    )
    func refused(bytes: [UInt8], refusal: ConnectionGate.Refusal) {
        for size in [Int.max, 1, 7, 8, 9] { #expect(ConnectionGate.verdict(bytes, pieces: size) == .refused(refusal)) }
    }

    @Test("The size of the params is limited to the byte")
    func paramsBytes() {
        var limits = FastCGILimits()
        limits.maxParamsBytes = 200
        func request(_ size: Int, _ recordSize: Int) -> [UInt8] {
            let value = String(repeating: "v", count: size - 6)
            return SampleRequest(params: ["N": value]).records.split(every: recordSize).bytes
        }
        for recordSize in [1, 199, 200, 201] {
            #expect(ConnectionGate.verdict(request(200, recordSize), limits: limits) == .complete)
            #expect(ConnectionGate.verdict(request(201, recordSize), limits: limits) == .refused(.paramsTooLarge))
        }
    }

    @Test("The number of params is limited, however small they are")
    func paramsCount() {
        func request(_ count: Int) -> [UInt8] {
            Self.bytes(.beginRequest(), .params([UInt8](repeating: 0, count: count * 2)), .params(), .stdin())
        }
        #expect(ConnectionGate.verdict(request(256)) == .complete)
        #expect(ConnectionGate.verdict(request(257)) == .refused(.tooManyParams))
        #expect(ConnectionGate.verdict(request(10_000)) == .refused(.tooManyParams))
        #expect(ConnectionGate.verdict(request(10_000), pieces: 1) == .refused(.tooManyParams))
    }

    @Test(
        "The size of the body is limited to the byte; of a larger one nothing is kept",
        arguments: [1, 999, 1_000, 1_001]
    )
    func bodyBytes(recordSize: Int) {
        func request(_ size: Int) -> [FastCGIRecord] {
            SampleRequest.usual(body: [UInt8](repeating: 0x20, count: size)).records.split(every: recordSize)
        }
        var limits = FastCGILimits()
        limits.maxStdinBytes = 1_000
        limits.maxFramingBytes = 8 * 20_000
        var gate = ConnectionGate(limits: limits)
        #expect(gate.consume(request(1_000).bytes) == .complete)
        #expect(gate.bodyRefusal == nil)
        for size in [1_001, 10_000] {
            let records = request(size)
            let withoutBody = records.filter { $0.kind != .stdin || $0.content.isEmpty }.bytes
            for pieces in [1, 7, .max] {
                gate = ConnectionGate(limits: limits)
                #expect(gate.consume(records.bytes, pieces: pieces) == .complete)
                #expect(gate.bodyRefusal == .tooLarge && gate.stdinBytes == 0)
                #expect(gate.request == withoutBody)
            }
        }
    }

    @Test(
        "Of a request whose params have come, what there is of the body can be left out; before that, nothing can be done"
    )
    func endWithoutBody() {
        let request = SampleRequest.usual(body: [UInt8](repeating: 0x20, count: 100))
        let whole = request.bytes
        let bodyRefusal = request.records.filter { $0.kind != .stdin || $0.content.isEmpty }.bytes
        for length in 0..<whole.count {
            var gate = ConnectionGate(limits: FastCGILimits())
            _ = gate.consume(Array(whole.prefix(length)))
            let hasParams = length >= bodyRefusal.count - 8
            #expect(gate.endWithoutBody() == hasParams)
            guard hasParams else { continue }
            #expect(gate.bodyRefusal == .late && gate.request == bodyRefusal)
        }
    }

    @Test("The number of records is limited")
    func records() {
        var limits = FastCGILimits()
        // Records: the begin-request, the ends of params and stdin, and ten of one byte.
        limits.maxFramingBytes = 13 * 8
        func request(_ size: Int) -> [UInt8] {
            SampleRequest(body: [UInt8](repeating: 0, count: size)).records.split(every: 1).bytes
        }
        #expect(ConnectionGate.verdict(request(10), limits: limits) == .complete)
        #expect(ConnectionGate.verdict(request(11), limits: limits) == .refused(.tooManyRecords))
    }
}
