import TestSupport
import Testing

/// One peer's behaviour must not affect another.
@Suite("Fairness")
struct FairnessTests {
    @Test("A silent connection does not hold the memory of later requests")
    func memoryBehindSilentPeer() async throws {
        var request = SampleRequest.exchange(#"{"a":""# + String(repeating: "x", count: 16_000) + #""}"#)
        request.params["REQUEST_ID"] = "id"
        let bytes = request.bytes
        try await FrontDoor.with { door in
            // First without a silent connection, to warm the allocator up.
            for _ in 0..<100 { #expect(try await refusal(bytes, door)) }
            let before = try door.figures()
            let silent = try door.connect()
            for _ in 0..<1_500 { #expect(try await refusal(bytes, door)) }
            #expect(silent.isWaiting)
            let after = try door.figures()
            #expect(
                after.residentKB - before.residentKB < 8_192 || !FrontDoor.measuresMemory,
                "of 24,000 KiB that went through"
            )
        }
    }

    private func refusal(_ bytes: [UInt8], _ door: FrontDoor) async throws -> Bool {
        let peer = try door.connect()
        try peer.send(bytes)
        return try await peer.answer(within: FrontDoor.promptly).status == 400
    }
}
