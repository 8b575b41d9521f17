import Glibc
import TestSupport
import Testing

/// Under overload, some requests are refused at once with a readable error, and the rest is served.
@Suite("Overload")
struct OverloadTests {
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

    @Test(
        "When descriptors run out, clients that send at once are served at once, and requests in flight continue",
        arguments: [false, true]
    )
    func descriptors(isLoweredLater: Bool) async throws {
        let upstream = try FaultUpstream(isHolding: true)
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
        try early.send(SampleRequest.call("early").bytes)
        try await upstream.holds(1)
        var silent: [FastCGIPeer] = []
        for _ in 0..<200 { silent.append(try FastCGIPeer(backend.socketPath)) }

        // The queue holds more of them than the process can. The retry timer by itself would never get past them.
        var waiting = [early]
        for number in 0..<4 {
            let peer = try FastCGIPeer(backend.socketPath)
            try peer.send(SampleRequest.call("\(number)").bytes)
            waiting.append(peer)
        }
        try await upstream.holds(5)
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
