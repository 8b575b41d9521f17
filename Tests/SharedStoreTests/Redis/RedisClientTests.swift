import Glibc
import NIOCore
import TestSupport
import Testing
import Transport

@testable import SharedStore

struct RedisClientTests {
    let server: RedisServer
    let client: LoopClient

    init() async throws {
        server = try await RedisServer()
        client = try LoopClient(server.url)
    }

    @Test("A thousand commands at once go over one connection, and each gets its own reply")
    func pipelining() async throws {
        let replies = try await client.send((0..<1_000).map { ["ECHO", "\($0)"] })
        #expect(replies == (0..<1_000).map { .success(.string(Array("\($0)".utf8))) })
        #expect(try server.run("INFO", "stats").contains("total_connections_received:3\r\n"))
    }

    @Test("User, password and database are used, and each wrong one is reported as such")
    func access() async throws {
        let server = try await RedisServer(password: "s3cret")
        try server.run("ACL", "SETUSER", "app", "on", ">other", "~*", "+@all", password: "s3cret")
        let url = server.url
        let good = try LoopClient("\(url)?db=3", password: "s3cret")
        #expect(try await good.send("SET", "k", "v") == .success(.status("OK")))
        #expect(try await good.send("OBJECT", "FREQ", "k") == .failure(.refused(.other)))
        let user = try LoopClient("\(url)?db=3", user: "app", password: "other")
        #expect(try await user.send("GET", "k") == .success(.string(Array("v".utf8))))
        let cases: [(LoopClient, RedisErrorReply)] = [
            (try LoopClient(url), .notAuthenticated), (try LoopClient(url, password: "wr0ng"), .wrongPassword),
            (try LoopClient(url, user: "nobody", password: "s3cret"), .wrongPassword),
            (try LoopClient("\(url)?db=99", password: "s3cret"), .noDatabase),
        ]
        for (client, error) in cases {
            #expect(try await client.send("GET", "k") == .failure(.refused(error)))
            #expect(client.log.handler.entries.first?.metadata["failure"] == "\(error.rawValue)")
            #expect(!client.log.handler.text.contains("s3cret") && !client.log.handler.text.contains("wr0ng"))
        }
        server.stop()
        let client = try LoopClient(self.server.url, password: "s3cret")
        #expect(try await client.send("GET", "k") == .failure(.refused(.noPassword)))
    }

    @Test("Over TLS the server's certificate must be trusted, and be for the name in the URL")
    func tls() async throws {
        let (authority, other) = (try TestAuthority(), try TestAuthority())
        let server = try await RedisServer(password: "s3cret", authority: authority)
        let url = "rediss://localhost:\(server.tlsPort)"
        let good = try LoopClient("\(url)/1", password: "s3cret", caFile: authority.caFile)
        try await good.waitUntilUp()
        for (url, caFile, reason) in [
            (url, other.caFile, .certificateUntrusted),
            ("rediss://127.0.0.1:\(server.tlsPort)", authority.caFile, .certificateWrongName),
        ] as [(String, String, ConnectFailure.Reason)] {
            let client = try LoopClient(url, password: "s3cret", caFile: caFile)
            #expect(try await client.send("PING") == .failure(.unreachable(reason)))
        }
        server.stop()
    }

    @Test("A stalled server keeps its connection, and each late reply reaches its command")
    func stalled() async throws {
        try await client.waitUntilUp()
        server.signal(SIGSTOP)
        async let replies = client.send((0..<100).map { ["ECHO", "\($0)"] })
        try await Task.sleep(for: .milliseconds(400))
        server.signal(SIGCONT)
        #expect(try await replies == (0..<100).map { .success(.string(Array("\($0)".utf8))) })
        #expect(client.log.handler.entries.isEmpty)
    }

    @Test("A server that stalls for seconds gets another connection, and no earlier reply is taken for a later one")
    func stalledLong() async throws {
        let client = try LoopClient(server.url, longestStall: .seconds(3))
        try await client.waitUntilUp()
        server.signal(SIGSTOP)
        #expect(try await client.send("ECHO", "old") == .failure(.timeout))
        #expect(try await client.send("ECHO", "at once") == .failure(.timeout))
        server.signal(SIGCONT)
        try await client.waitUntilUp()
        #expect(try await client.send("ECHO", "new") == .success(.string(Array("new".utf8))))
        #expect(client.log.handler.text.contains("lost the connection to the shared store"))
    }

    @Test("A connection that the server closes while idle is opened again before a command needs it")
    func idle() async throws {
        try await client.waitUntilUp()
        try await Task.sleep(for: .milliseconds(1_100))
        try server.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try await eventually("the next connection") {
            try server.run("CLIENT", "LIST").split(separator: "\n").count { $0.contains("cmd=ping") } == 1
        }
        #expect(try await client.send("PING") == .success(.status("PONG")))
        #expect(client.log.handler.entries.isEmpty)
    }

    @Test("Closing fails every pending command, and every later one")
    func close() async throws {
        for isOpen in [true, false] {
            let client = try LoopClient(server.url)
            if isOpen { try await client.waitUntilUp() }
            server.signal(SIGSTOP)
            async let replies = client.send((0..<50).map { ["ECHO", "\($0)"] })
            try await Task.sleep(for: .milliseconds(20))
            try await client.close()
            #expect(try await replies.allSatisfy { $0 == .failure(.closed) })
            #expect(try await client.send("PING") == .failure(.closed))
            server.signal(SIGCONT)
        }
    }
}
