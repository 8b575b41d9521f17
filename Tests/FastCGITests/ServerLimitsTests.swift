import Testing

@testable import FastCGI

struct ServerLimitsTests {
    @Test("A request over the limit in flight is refused, and the others are not affected")
    func overload() throws {
        var limits = FastCGILimits()
        limits.maxInFlight = 2
        let waiting = Collected<AnyThreadWriter>()
        try RunningServer.run(limits: limits, handle: { waiting.append($1) }) { running, path in
            let held = try (0..<2).map { _ in try FastCGIPeer(path) }
            for peer in held {
                peer.send(SampleRequest.usual.bytes)
                _ = try waiting.next()
            }
            #expect(try FastCGIPeer(path).exchange().text == "overloaded 3f2a")
            #expect(running.log == ["error: request refused: too many in flight [:]"])
            for connection in waiting.all { connection.send() }
            #expect(try held.map { try $0.answer().text } == ["ok", "ok"])
            let next = try FastCGIPeer(path)
            next.send(SampleRequest.usual.bytes)
            #expect(try waiting.next().count == 3)
        }
    }

    @Test("One pending connection too many closes the oldest one")
    func eviction() throws {
        var limits = FastCGILimits()
        limits.maxPendingConnections = 3
        // Longer than the peers here wait, so that only the limit closes connections.
        limits.arrivalTimeout = .seconds(60)
        try RunningServer.run(limits: limits) { _, path in
            let peers = try (0..<4).map { number in
                let peer = try FastCGIPeer(path)
                if number.isMultiple(of: 2) { peer.send(Array(SampleRequest.usual.bytes.prefix(20))) }
                return peer
            }
            #expect(try peers[0].readToEnd() == [])
            #expect(try peers[2].exchange(Array(SampleRequest.usual.bytes.dropFirst(20))).text == "ok")
            #expect(try peers[1].exchange().text == "ok")
            #expect(try peers[3].exchange().text == "ok")
        }
    }

    @Test("Too many bytes of incomplete requests close the oldest connection")
    func pendingBytes() throws {
        var limits = FastCGILimits()
        limits.maxPendingBytes = 1_000
        // Longer than the peers here wait, so that only the limit closes connections.
        limits.arrivalTimeout = .seconds(60)
        let begun = Array(SampleRequest.usual(body: [UInt8](repeating: 0x61, count: 2_000)).bytes.prefix(600))
        try RunningServer.run(limits: limits) { _, path in
            let older = try FastCGIPeer(path)
            older.send(begun)
            #expect(try FastCGIPeer(path).exchange().text == "ok")
            let newer = try FastCGIPeer(path)
            newer.send(begun)
            #expect(try older.readToEnd() == [])
            #expect(try FastCGIPeer(path).exchange().text == "ok")
            newer.send([UInt8](repeating: 1, count: 600))
            #expect(try newer.readToEnd() == [], "one that is over the limit by itself is closed, too")
            #expect(try FastCGIPeer(path).exchange().text == "ok")
        }
    }

    @Test("A connection on which nothing arrives in time is closed while others are served")
    func arrivalTimeout() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .milliseconds(150)
        try RunningServer.run(limits: limits) { _, path in
            let start = ContinuousClock.now
            let silent = try FastCGIPeer(path)
            #expect(try FastCGIPeer(path).exchange().text == "ok")
            #expect(try silent.readToEnd() == [])
            #expect(ContinuousClock.now - start >= .milliseconds(150))
        }
    }

    @Test("A web server that hangs up during its request is forgotten at once")
    func leaves() throws {
        var limits = FastCGILimits()
        limits.arrivalTimeout = .seconds(60)
        try RunningServer.run(limits: limits, grace: .seconds(60)) { running, path in
            let request = SampleRequest.usual.bytes
            for (length, abruptly) in [(0, false), (8, true), (30, false), (30, true), (request.count - 10, false)] {
                let peer = try FastCGIPeer(path)
                peer.send(Array(request.prefix(length)))
                guard !abruptly else { continue }
                peer.halfClose()
                #expect(try peer.readToEnd() == [])
            }
            running.shutDown()
            #expect(running.hasEnded(within: .seconds(20)))
        }
    }

    /// Otherwise one idle connection would keep the codes and tokens of all later ones in memory.
    @Test("A closed connection is not kept in memory by one that still waits")
    func departedConnections() throws {
        try RunningServer.run { running, _ in
            try running.onLoop { server in
                var pending = ConnectionList()
                let first = FastCGIConnection(server)
                weak var departed: FastCGIConnection?
                do {
                    let connections = [FastCGIConnection(server), FastCGIConnection(server)]
                    for connection in [first] + connections { pending.append(connection) }
                    departed = connections.first
                    for connection in connections { pending.remove(connection) }
                }
                #expect(pending.count == 1 && pending.oldest === first && departed == nil)
                pending.remove(first)
            }
        }
    }

    @Test("A listener that is closed after an error is opened again, and its queue is served")
    func listenerGivenUp() throws {
        try RunningServer.run { running, path in
            try running.onLoop { server in server.acceptor.channel?.close(promise: nil) }
            #expect(try FastCGIPeer(path).exchange().text == "ok")
            #expect(try FastCGIPeer(path).exchange().text == "ok")
        }
    }
}
