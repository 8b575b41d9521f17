import Glibc
import TestSupport
import Testing

/// More than there is room for: some of it is refused at once and readably, and the rest is served.
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

    @Test("A shortage of descriptors is logged once, and waiting requests are served when it is over")
    func descriptors() async throws {
        let directory = try ScratchDirectory()
        let path = directory.path("fcgi.sock")
        let process = try await ServerProcess.start(
            "prlimit",
            arguments: ["--nofile=40:40", "--", try Backend.executable, "serve"],
            environment: FrontDoor.environment(socket: path),
            in: directory,
            name: "backend"
        )
        try await process.waitUntilReady { process.standardError.contains("listening") }
        var silent: [FastCGIPeer] = []
        for _ in 0..<60 { silent.append(try FastCGIPeer(path)) }
        try await eventually("a line about it") { process.standardError.contains("cannot accept connections") }

        // One that got in before asks now: what it takes to answer must have been there from the start.
        try silent[0].send(SampleRequest.greeting.bytes)
        #expect(try await silent[0].answer(within: FrontDoor.promptly).status == 200)

        let newcomer = try FastCGIPeer(path)
        try newcomer.send(SampleRequest.greeting.bytes)
        try await Task.sleep(for: .milliseconds(300))
        #expect(newcomer.isWaiting)
        silent = []
        #expect(try await newcomer.answer(within: FrontDoor.promptly).status == 200)
        #expect(try await FrontDoor.answer(to: .greeting, at: path).status == 200)
        #expect(process.standardError.components(separatedBy: "cannot accept connections").count == 2)
        #expect(process.isRunning)
        await process.stop()
    }
}
