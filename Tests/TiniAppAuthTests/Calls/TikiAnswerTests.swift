import TestSupport
import Testing

@testable import TiniAppAuth

struct TikiAnswerTests {
    typealias Reaction = ScriptedServer.Reaction

    @Test(
        "Status and body are passed on as received",
        arguments: [
            ("200 OK", #"{ "data" : {"access_token":"x"} , "error":null }"#, 200),
            ("400 Bad Request", #"{"error":{"code":400}}"#, 400), ("500 Oops", "[]", 500), ("200 OK", "null", 200),
            ("429", "1e400", 429), ("200 OK", #""\ud800""#, 200), ("200 OK", " {}\n", 200),
            ("503 Unavailable", "{}", 503), ("599 Odd", #"{"a":1,"a":2}"#, 599),
        ] as [(String, String, Int)]
    )
    func relayed(status: String, body: String, code: Int) async throws {
        try await ServiceFixture.run(script: { _ in .json(body, status: status) }) { fixture in
            let answer = try await fixture.call().get()
            #expect(answer == TikiAnswer(status: code, body: Array(body.utf8)))
        }
    }

    @Test("An answer of 64 KiB is accepted, and one byte more refused")
    func size() async throws {
        @Sendable func answer(_ size: Int) -> Reaction { .json("\"" + String(repeating: "x", count: size - 2) + "\"") }
        try await ServiceFixture.run(script: { $0.body.contains("small") ? answer(65_536) : answer(65_537) }) {
            fixture in
            #expect(await fixture.call(.exchange, "small").text?.utf8.count == 65_536)
            #expect(await fixture.call(.exchange, "large").error == .upstreamInvalidResponse)
            #expect(await fixture.call(.exchange, "small again").text != nil)
            #expect(fixture.server.acceptedCount == 2)
        }
    }
}
