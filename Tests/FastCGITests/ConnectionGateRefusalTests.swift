import Testing

@testable import FastCGI

struct ConnectionGateRefusalTests {
    typealias Bytes = FastCGIBytes

    @Test(
        "Bytes that break the rules are refused for the right reason, however they are cut into pieces",
        arguments: [
            (Bytes.record(Bytes.begin, [0, 1, 0, 0, 0, 0, 0, 0], version: 2), .unsupportedVersion),
            (Bytes.record(Bytes.begin, version: 0), .unsupportedVersion),
            (Array("GET / HTTP/1.1\r\n".utf8), .unsupportedVersion),
            (Bytes.record(Bytes.getValues, id: 0), .managementRecord),
            (Bytes.record(Bytes.begin, id: 0), .managementRecord), (Bytes.record(11, id: 0), .managementRecord),
            (Bytes.beginRequest() + Bytes.record(Bytes.getValues, id: 0), .managementRecord),
            (Bytes.record(Bytes.begin, [0, 1, 0, 0, 0, 0, 0]), .malformedBegin),
            (Bytes.record(Bytes.begin), .malformedBegin),
            (Bytes.record(Bytes.begin, [0, 1, 0, 0, 0, 0, 0, 0, 0]), .malformedBegin),
            (Bytes.beginRequest(role: 0), .unsupportedRole),
            (Bytes.beginRequest(role: 2), .unsupportedRole), (Bytes.beginRequest(role: 3), .unsupportedRole),
            (Bytes.record(Bytes.begin, [1, 1, 0, 0, 0, 0, 0, 0]), .unsupportedRole),
            (Bytes.beginRequest() + Bytes.record(Bytes.params, id: 2), .anotherRequestID),
            (Bytes.beginRequest(id: 256) + Bytes.record(Bytes.params, id: 1), .anotherRequestID),
            (Bytes.beginRequest() + Bytes.beginRequest(id: 2), .anotherRequestID),
            (Bytes.beginRequest() + Bytes.beginRequest(), .unexpectedRecord),
            (Bytes.record(Bytes.params), .unexpectedRecord), (Bytes.record(Bytes.stdin), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(Bytes.stdin), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(Bytes.params) + Bytes.record(Bytes.params), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(3, [0, 0, 0, 0, 0, 0, 0, 0]), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(8), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(Bytes.getValues), .unexpectedRecord),
            (Bytes.beginRequest() + Bytes.record(255), .unexpectedRecord),
            (Bytes.record(Bytes.abort), .aborted), (Bytes.beginRequest() + Bytes.record(Bytes.abort), .aborted),
            (Bytes.beginRequest() + Bytes.record(Bytes.params) + Bytes.record(Bytes.abort), .aborted),
            (Bytes.beginRequest() + Bytes.stream(Bytes.params, [5]), .malformedParams),
            (Bytes.beginRequest() + Bytes.stream(Bytes.params, [5, 5]), .malformedParams),
            (Bytes.beginRequest() + Bytes.stream(Bytes.params, [1, 1, 0x41]), .malformedParams),
            (Bytes.beginRequest() + Bytes.stream(Bytes.params, [0x80, 0, 0]), .malformedParams),
            (
                Bytes.beginRequest() + Bytes.stream(Bytes.params, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
                .malformedParams
            ),
            (Bytes.beginRequest() + Bytes.stream(Bytes.params, [0x80, 0, 0x80, 1]), .malformedParams),
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
            return Bytes.beginRequest() + Bytes.stream(Bytes.params, Bytes.pair("N", value), recordSize: recordSize)
                + Bytes.stream(Bytes.stdin, [])
        }
        for recordSize in [1, 199, 200, 201] {
            #expect(ConnectionGate.verdict(request(200, recordSize), limits: limits) == .complete)
            #expect(ConnectionGate.verdict(request(201, recordSize), limits: limits) == .refused(.paramsTooLarge))
        }
    }

    @Test("The number of params is limited, however small they are")
    func paramsCount() {
        func request(_ count: Int) -> [UInt8] {
            Bytes.beginRequest() + Bytes.stream(Bytes.params, [UInt8](repeating: 0, count: count * 2))
                + Bytes.stream(Bytes.stdin, [])
        }
        #expect(ConnectionGate.verdict(request(256)) == .complete)
        #expect(ConnectionGate.verdict(request(257)) == .refused(.tooManyParams))
        #expect(ConnectionGate.verdict(request(10_000)) == .refused(.tooManyParams))
        #expect(ConnectionGate.verdict(request(10_000), pieces: 1) == .refused(.tooManyParams))
    }

    @Test("The size of the body is limited to the byte")
    func bodyBytes() {
        var limits = FastCGILimits()
        limits.maxStdinBytes = 1_000
        func request(_ size: Int, _ recordSize: Int) -> [UInt8] {
            Bytes.request(body: [UInt8](repeating: 0x20, count: size), recordSize: recordSize)
        }
        for recordSize in [1, 999, 1_000, 1_001] {
            #expect(ConnectionGate.verdict(request(1_000, recordSize), limits: limits) == .complete)
            #expect(ConnectionGate.verdict(request(1_001, recordSize), limits: limits) == .refused(.bodyTooLarge))
        }
    }

    @Test("A body that is too large is refused at its header, before its bytes arrive")
    func bodyRefusedEarly() {
        var limits = FastCGILimits()
        limits.maxStdinBytes = 1_000
        let start = Bytes.beginRequest() + Bytes.record(Bytes.params)
        let header = Bytes.record(Bytes.stdin, [UInt8](repeating: 0, count: 1_001)).prefix(8)
        #expect(ConnectionGate.verdict(start + header, limits: limits) == .refused(.bodyTooLarge))
    }

    @Test("The number of records is limited")
    func records() {
        var limits = FastCGILimits()
        // Begin, end of params, end of stdin, and ten of one byte.
        limits.maxFramingBytes = 13 * 8
        func request(_ size: Int) -> [UInt8] {
            Bytes.request(params: [], body: [UInt8](repeating: 0, count: size), recordSize: 1)
        }
        #expect(ConnectionGate.verdict(request(10), limits: limits) == .complete)
        #expect(ConnectionGate.verdict(request(11), limits: limits) == .refused(.tooManyRecords))
    }

    @Test("Random changes to a good request never crash, and the verdict never depends on the pieces")
    func random() {
        // A linear congruential generator: the same changes every time.
        var state: UInt64 = 2_463_534_242
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let request = Bytes.request(recordSize: 50, padding: 2)
        for _ in 0..<1_000 {
            var bytes = request
            for _ in 0..<3 { bytes[random(bytes.count)] = UInt8(random(256)) }
            #expect(
                (ConnectionGate.verdict(bytes) == .complete) == (ConnectionGate.verdict(bytes, pieces: 7) == .complete)
            )
        }
    }
}
