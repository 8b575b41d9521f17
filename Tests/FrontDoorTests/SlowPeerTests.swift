import TestSupport
import Testing

/// Peers whose request does not arrive completely are closed when their time is up, and delay no other peer.
@Suite("Slow peers")
struct SlowPeerTests {
    @Test("A peer that sends all params and half of the body gets an answer when its time is up")
    func halfBody() async throws {
        try await FrontDoor.with(arrivalTimeout: 1) { door in
            let request = SampleRequest.keyless
            let start = ContinuousClock.now
            let peer = try door.connect()
            try peer.send(Array(request.bytes.dropLast(8 + request.body.count / 2)))
            try await door.expectService()
            let answer = try await peer.answer(within: FrontDoor.promptly)
            #expect((answer.status, answer.reason) == (408, "request_timeout"))
            #expect(ContinuousClock.now - start > .seconds(0.9), "closed before its time")
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that sends byte after byte gains no time")
    func byteByByte() async throws {
        try await FrontDoor.with(arrivalTimeout: 1) { door in
            let peer = try door.connect()
            var sent = 0
            // It could go on for a minute.
            for byte in SampleRequest.keyless.bytes.prefix(120) {
                guard try peer.send([byte]) else { break }
                sent += 1
                try await door.expectService()
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect(sent < 120)
            #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
            try await door.expectUnharmed()
        }
    }

    @Test("A peer that hangs up in the body is closed at once", arguments: [false, true])
    func endInBody(abruptly: Bool) async throws {
        try await FrontDoor.with { door in
            do {
                let peer = try door.connect()
                try peer.send(Array(SampleRequest.keyless.bytes.dropLast(20)))
                try await door.expectService()
                if !abruptly {
                    peer.halfClose()
                    #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty)
                }
            }
            try await door.expectUnharmed()
        }
    }
}
