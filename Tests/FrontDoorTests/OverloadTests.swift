import Glibc
import TestSupport
import Testing

/// Under overload, some requests are refused at once with a readable error, and the rest is served.
@Suite("Overload")
struct OverloadTests {
    @Test("A request over MAX_IN_FLIGHT gets 503 overloaded at once")
    func inFlight() async throws {
        let upstream = try HeldUpstream()
        try await FrontDoor.with(settings: ["MAX_IN_FLIGHT": "2"], upstream: upstream.authEndpoint) { door in
            var waiting: [FastCGIPeer] = []
            for number in 0..<2 {
                let peer = try door.connect()
                try peer.send(SampleRequest.exchange(#"{"code":"\#(number)"}"#).bytes)
                waiting.append(peer)
            }
            try await upstream.holds(2)
            for request in [SampleRequest.exchange(#"{"code":"third"}"#), .greeting] {
                let refused = try await door.answer(to: request)
                #expect(refused.status == 503)
                #expect(refused.reason == "overloaded")
                #expect(refused.headers["Retry-After"] == "1")
                #expect(refused.headers["X-Request-Id"] == request.params["REQUEST_ID"])
            }
            #expect(waiting.filter(\.isWaiting).count == 2)
            upstream.release()
            for peer in waiting {
                let answer = try await peer.answer(within: FrontDoor.promptly)
                #expect(answer.status == 200)
            }
            try await door.expectUnharmed()
            let lines = door.backend.logs().components(separatedBy: "too many in flight").count - 1
            #expect(lines == 1)
        }
    }

    @Test("A quarter of the descriptors is for connections that the web server keeps; an answer on more is the last")
    func keptConnections() async throws {
        // 32 of them are for all else, and 8 are a quarter of the rest.
        try await FrontDoor.with(descriptors: 64) { door in
            var request = SampleRequest.greeting
            request.flags = 1
            var peers: [FastCGIPeer] = []
            for _ in 0..<12 {
                let peer = try door.connect()
                try peer.send(request.bytes)
                #expect(try peer.readRecords(until: .endRequest).contains { $0.kind == .stdout })
                peers.append(peer)
            }
            try await eventually("the first eight are kept", within: FrontDoor.promptly) {
                peers.map(\.isWaiting) == (0..<12).map { $0 < 8 }
            }

            // Where one ends, another can be kept.
            peers.removeFirst()
            try await eventually("another is kept", within: FrontDoor.promptly) {
                let peer = try door.connect()
                try peer.send(request.bytes)
                _ = try peer.readRecords(until: .endRequest)
                return try peer.send(request.bytes) && !peer.readRecords(until: .endRequest).isEmpty
            }
            peers = []
            try await door.expectUnharmed()
        }
    }

    @Test("The oldest silent connections give way to newcomers")
    func pendingConnections() async throws {
        try await FrontDoor.with(settings: ["MAX_PENDING_CONNECTIONS": "8"]) { door in
            var silent: [FastCGIPeer] = []
            for _ in 0..<20 { silent.append(try door.connect()) }
            try await door.expectService()
            for peer in silent.prefix(12) { #expect(try await peer.readToEnd(within: FrontDoor.promptly).isEmpty) }
            let left = silent.filter(\.isWaiting).count
            #expect((7...8).contains(left))
            silent = []
            try await door.expectUnharmed()
        }
    }

    @Test(
        "When descriptors run out, clients that send at once are served at once, and requests in flight continue",
        arguments: [false, true]
    )
    func descriptors(isLoweredLater: Bool) async throws {
        let upstream = try HeldUpstream()
        let backend = try await Backend.start(
            environment: ["ARRIVAL_TIMEOUT": "60", "UPSTREAM_WARM_CONNECTIONS": "0", "REQUEST_TIMEOUT": "60"],
            upstream: upstream.authEndpoint,
            descriptors: isLoweredLater ? nil : 64
        )
        if isLoweredLater {
            // Harder: the process has not planned for so few.
            _ = try await Command.run("prlimit", ["--pid", "\(backend.process.pid)", "--nofile=64:64"])
        }
        let early = try FastCGIPeer(backend.socketPath)
        try early.send(SampleRequest.exchange(#"{"code":"early"}"#).bytes)
        try await upstream.holds(1)
        var silent: [FastCGIPeer] = []
        for _ in 0..<200 { silent.append(try FastCGIPeer(backend.socketPath)) }

        // The queue holds more of them than the process can. The retry timer by itself would never get past them.
        var waiting = [early]
        for number in 0..<4 {
            let peer = try FastCGIPeer(backend.socketPath)
            try peer.send(SampleRequest.exchange(#"{"code":"\#(number)"}"#).bytes)
            waiting.append(peer)
        }
        let started = ContinuousClock.now
        try await upstream.holds(5)
        // None of the silent ones has come to its end by itself.
        #expect(ContinuousClock.now - started < .seconds(30))
        #expect(waiting.count(where: \.isWaiting) == 5)
        let left = silent.filter(\.isWaiting).count
        #expect((1..<64).contains(left), "the oldest are closed, and no more than it takes")
        #expect(silent.suffix(left).count(where: \.isWaiting) == left)
        upstream.release()
        for peer in waiting { #expect(try await peer.answer(within: FrontDoor.promptly).status == 200) }
        silent = []
        #expect(try await FrontDoor.answer(to: .greeting, at: backend.socketPath).status == 200)
        let lines = backend.logs().split(separator: "\n")
        #expect(lines.count { $0.contains("cannot accept connections") } <= 1)
        #expect(lines.count { $0.contains("too many wait to become complete") } <= 1)
        #expect(lines.contains { $0.contains("cannot accept connections") || $0.contains("too many wait") })
        await backend.stop()
    }
}
