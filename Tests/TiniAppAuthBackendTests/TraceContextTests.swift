import Testing

@testable import TiniAppAuthBackend

struct TraceContextTests {
    static let trace = "105445aa7843bc8bf206b12000100000"

    @Test(
        "The header's parts are read, and the span's number is written in hexadecimal",
        arguments: [
            ("\(trace)/1;o=1", "0000000000000001", true), ("\(trace)/74;o=0", "000000000000004a", false),
            ("\(trace)/18446744073709551615;o=1", "ffffffffffffffff", true), ("\(trace)/1", "0000000000000001", nil),
            (trace, nil, nil), ("\(trace);o=1", nil, true),
        ] as [(String, String?, Bool?)]
    )
    func parts(field: String, spanID: String?, isSampled: Bool?) throws {
        let context = try #require(TraceContext(field))
        #expect(context.traceID == Self.trace)
        #expect(context.spanID == spanID)
        #expect(context.isSampled == isSampled)
    }

    @Test(
        "A header without a valid trace id gives no trace",
        arguments: [
            "", "/1;o=1", "105445aa", "\(trace)0/1", String(repeating: "0", count: 32), " \(trace)",
            "105445aa7843bc8bf206b1200010000g/1", "105445aa7843bc8bf206b1200010000\n/1",
            // 32 bytes, fewer characters, none of them a digit.
            String(repeating: "é", count: 16), "\(trace)\n",
            // Nobody sends it, and nginx's log could not have it in lower case.
            trace.uppercased(),
        ]
    )
    func noTrace(field: String) {
        #expect(TraceContext(field) == nil)
    }

    @Test(
        "A malformed span or option is left out",
        arguments: [
            "/0", "/", "/-1", "/+1", "/1x", "/18446744073709551616", "/1/2", "/٤", "/ 1", "/x;o=2", ";o=", ";", ";O=1",
            ";o=1;", ";x=1;o=1",
        ]
    )
    func malformedRest(rest: String) throws {
        let context = try #require(TraceContext(Self.trace + rest))
        #expect(context.spanID == nil)
        #expect(context.isSampled == nil)
    }
}
