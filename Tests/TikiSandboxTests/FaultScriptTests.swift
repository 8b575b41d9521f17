import Foundation
import Testing

@testable import TikiSandbox

struct FaultScriptTests {
    static func parse(_ json: String) throws -> [Fault] {
        try JSONDecoder().decode([Fault].self, from: Data(json.utf8))
    }

    /// The faults that these calls get from the script, in order.
    static func used(_ faults: [Fault], by calls: [TikiCall]) -> [Fault?] {
        var script = FaultScript()
        guard script.append(faults) else { return [] }
        return calls.map { script.next(for: $0) }
    }

    @Test("Each call uses up one fault, in order")
    func order() throws {
        let faults = try Self.parse(#"[{"delay_ms":5},{"status":503},{"garbage":true}]"#)
        #expect(
            Self.used(faults, by: [.info, .exchange, .refresh, .info]) == [faults[0], faults[1], faults[2], nil]
        )
    }

    @Test("A fault for one path waits for its call and does not hold up other faults")
    func path() throws {
        let faults = try Self.parse(#"[{"status":500,"path":"/oauth/me"},{"status":501},{"status":502}]"#)
        #expect(Self.used(faults, by: [.exchange, .info, .info]) == [faults[1], faults[0], faults[2]])
    }

    @Test("A script has a limited number of faults")
    func bound() {
        var script = FaultScript()
        let full = script.append(Array(repeating: Fault(), count: FaultScript.limit))
        let overfull = script.append([Fault()])
        script.clear()
        let cleared = script.append([Fault()])
        #expect(full && !overfull && cleared)
    }

    @Test("Every kind of fault can be written in a script")
    func kinds() throws {
        let faults = try Self.parse(
            #"""
            [{"delay_ms":20,"close":true},
             {"status":503,"body":"<p>","content_type":"text/html"},
             {"cut":"before_head"}, {"cut":"in_body"}, {"garbage":true}, {"garbage_http":true},
             {"no_answer":true}, {"oversize":70000}]
            """#
        )
        #expect(faults.first == Fault(delayMilliseconds: 20, closesConnection: true))
        #expect(
            faults.dropFirst().map(\.spoil) == [
                .status(503, body: "<p>", contentType: "text/html"), .cutBeforeHead, .cutInBody, .garbage,
                .garbageHTTP, .noAnswer, .oversize(bytes: 70_000),
            ]
        )
    }

    @Test("A call is carried out before a spoiled answer but not before a status, unless the script says otherwise")
    func after() throws {
        let faults = try Self.parse(
            #"[{"cut":"in_body"},{"no_answer":true},{"status":503},{"garbage":true,"after":false},"#
                + #"{"status":503,"after":true}]"#
        )
        #expect(faults.map(\.isCarriedOut) == [true, true, false, false, true])
    }

    @Test(
        "A script with a mistake is refused",
        arguments: [
            #"[{"stauts":503}]"#, #"[{"status":99}]"#, #"[{"cut":"later"}]"#, #"[{"path":"/me"}]"#,
            #"[{"garbage":true,"no_answer":true}]"#, #"[{"body":"x"}]"#, #"[{"delay_ms":-1}]"#,
            #"[{"oversize":-1}]"#,
        ]
    )
    func mistakes(json: String) {
        #expect(throws: Fault.ScriptError.self) { try Self.parse(json) }
    }
}
