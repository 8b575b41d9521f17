import TestSupport
import Testing

/// REQUEST_TIMEOUT starts when the connection is accepted.
@Suite("Request deadlines")
struct DeadlineTests {
    @Test("The deadline of a request counts the time that the request took to arrive")
    func countsArrival() async throws {
        let upstream = try HeldUpstream()
        try await FrontDoor.with(settings: ["REQUEST_TIMEOUT": "6"], upstream: upstream.authEndpoint) { door in
            let accepted = ContinuousClock.now
            let peer = try door.connect()
            try await Task.sleep(for: .seconds(4))
            let sent = ContinuousClock.now
            try peer.send(SampleRequest.exchange(#"{"code":"a"}"#).bytes)
            let answer = try await peer.answer(within: FrontDoor.promptly)
            #expect(answer.status == 504)
            #expect(answer.reason == "upstream_timeout")
            #expect(.now - accepted >= .seconds(5.9))
            // It would take six seconds from here if the timeout started with the complete request.
            #expect(.now - sent < .seconds(5.5))
        }
    }
}
