import Foundation
import Testing

@testable import TikiSandbox

struct FaultScriptTests {
    static func parse(_ json: String) throws -> [Fault] {
        try JSONDecoder().decode([Fault].self, from: Data(json.utf8))
    }

    @Test("Each call uses up one fault, in order, and a fault for one path waits for its call")
    func path() throws {
        let faults = try Self.parse(#"[{"status":500,"path":"/oauth/me"},{"garbage":true},{"no_answer":true}]"#)
        var script = FaultScript()
        let added = script.append(faults)
        let used = [TikiCall.exchange, .info, .info, .refresh].map { script.next(for: $0) }
        #expect(added && used == [faults[1], faults[0], faults[2], nil])
        #expect(faults.map(\.isCarriedOut) == [false, true, true])
    }

    @Test(
        "A script with a mistake is refused",
        arguments: [
            #"[{"stauts":503}]"#, #"[{"status":99}]"#, #"[{"garbage":true,"path":"/me"}]"#, #"[{}]"#,
            #"[{"garbage":true,"no_answer":true}]"#, #"[{"body":"x"}]"#, #"[{"no_answer":true,"body":"x"}]"#,
        ]
    )
    func mistakes(json: String) {
        #expect(throws: Fault.ScriptError.self) { try Self.parse(json) }
    }
}
