import TestSupport
import Testing

/// Peers that send a valid request and do not read the answer: it is written once, without waiting for them.
@Suite("Peers that do not read")
struct ResponseReaderTests {
    @Test("A peer that never reads its answer costs the server nothing")
    func neverReads() async throws {
        try await FrontDoor.with { door in
            let peers = try await askMany(.greeting, door)
            // They are open here, but closed by the responder.
            try await door.expectUnharmed()
            for peer in peers { #expect(try await peer.answer(within: FrontDoor.promptly).status == 200) }
        }
    }

    @Test("A peer that never reads an answer of the largest size costs the server nothing")
    func neverReadsLargeAnswer() async throws {
        let body = #"{"data":""# + String(repeating: "x", count: 65_000) + #"","error":null}"#
        let upstream = try HeldUpstream(answering: body)
        upstream.release()
        try await FrontDoor.with(upstream: upstream.authEndpoint) { door in
            let peers = try await askMany(.exchange(#"{"code":"c"}"#), door)
            try await door.expectUnharmed()
            for peer in peers {
                let answer = try await peer.answer(within: FrontDoor.promptly)
                #expect(answer.status == 200)
                #expect(answer.text == body)
            }
        }
    }

    private func askMany(_ request: SampleRequest, _ door: FrontDoor) async throws -> [FastCGIPeer] {
        var peers: [FastCGIPeer] = []
        for _ in 0..<20 {
            let peer = try door.connect()
            try peer.send(request.bytes)
            peers.append(peer)
        }
        return peers
    }

    @Test("A peer that closes right after its request does no harm")
    func closesAtOnce() async throws {
        try await FrontDoor.with { door in
            for _ in 0..<50 {
                let peer = try door.connect()
                try peer.send(SampleRequest.greeting.bytes)
            }
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that closes while the upstream works does no harm, and its call is carried out")
    func closesWhileUpstreamWorks() async throws {
        let upstream = try HeldUpstream()
        try await FrontDoor.with(upstream: upstream.authEndpoint) { door in
            for number in 0..<10 {
                let peer = try door.connect()
                try peer.send(SampleRequest.exchange(#"{"code":"\#(number)"}"#).bytes)
            }
            try await upstream.holds(10)
            try await door.expectService()
            upstream.release()
            try await eventually("ten lines about peers that have gone") {
                door.backend.logs().components(separatedBy: #""delivery":"peerGone""#).count == 11
            }
            try await door.expectUnharmed()
        }
    }
}
