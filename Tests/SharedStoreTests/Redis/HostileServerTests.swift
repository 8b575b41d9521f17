import NIOCore
import TestSupport
import Testing

@testable import SharedStore

/// Servers that are hostile or not Redis: the connection ends, but nothing else does.
struct HostileServerTests {
    /// A server that answers `PING` correctly, and everything else on its first connection as given.
    func server(_ reaction: FakeRedis.Reaction) throws -> FakeRedis {
        try FakeRedis { connection, command in
            command == ["PING"] || connection > 1 ? .bytes("+PONG\r\n") : reaction
        }
    }

    @Test(
        "A malformed, oversized or missing reply, or an error such as READONLY, leads to a new connection; no other does",
        arguments: [
            (.bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), .notRedis), (.bytes(">1\r\n+x\r\n"), .notRedis),
            (.bytes("*1000000\r\n"), .notRedis), (.bytes("$5\r\nab"), .timeout), (.silence, .timeout),
            (.close, .connectionLost), (.pieces(["$5\r\n", "a", "b"]), .timeout),
            (.pieces(["$900000000\r\n"] + Array(repeating: String(repeating: "x", count: 4_000), count: 5)), .tooLarge),
        ] as [(FakeRedis.Reaction, RedisFailure)]
            + [
                ("-READONLY You can't write against a read only replica.", .readOnly),
                ("-LOADING Redis is loading the dataset in memory", .loading),
                ("-NOAUTH Authentication required.", .notAuthenticated),
                // As Redis 5 and 6 say it within a script.
                ("-ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY", .readOnly),
                ("-OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory), ("-MOVED 1 h:1", .cluster),
                ("-MISCONF x", .notPersisted), ("-WRONGTYPE x", .wrongType), ("-BUSY x", .busy), ("-", .other),
                ("-ERR unknown command 'EVAL'", .unknownCommand), ("-NOPERM x", .noPermission),
                ("-NOREPLICAS x", .notReplicated),
                ("-NOPERM this user has no permissions to access one of the keys used as arguments", .noKeyPermission),
                ("-NOPERM No permissions to access a key", .noKeyPermission),
                ("-ERR The user executing the script can't run this command or subcommand script: 1", .noPermission),
                ("-ERR Error running script (call to f_1): @user_script:5: @user_script: 5: -OOM", .outOfMemory),
            ].map { (.bytes("\($0)\r\n"), .refused($1)) }
    )
    func replies(reaction: FakeRedis.Reaction, failure: RedisFailure) async throws {
        let server = try server(reaction)
        let stall = failure == .timeout ? TimeAmount.seconds(5) : .seconds(60)
        let client = try LoopClient(server.url, longestStall: stall, maxReplyBytes: 10_000)
        try await client.waitUntilUp()
        #expect(try await client.send("GET", "k") == .failure(failure))
        try await client.waitUntilUp()
        var isNew = true
        if case .refused(let error) = failure { isNew = [.readOnly, .loading, .notAuthenticated].contains(error) }
        #expect(server.accepted == (isNew ? 2 : 1))
    }

    @Test("An unsolicited reply ends the connection before it can be taken for another command's")
    func unasked() async throws {
        let server = try server(.bytes("$1\r\na\r\n$1\r\nb\r\n"))
        let client = try LoopClient(server.url)
        try await client.waitUntilUp()
        #expect(try await client.send("GET", "k") == .success(.string(Array("a".utf8))))
        try await eventually("another connection") {
            try await client.send("PING") == .success(.status("PONG")) && server.accepted == 2
        }
    }

    @Test(
        "A server that sends something before the first command is not used",
        arguments: [
            ("SSH-2.0-OpenSSH\r\n", .notRedis), ("+OK\r\n", .notRedis),
            ("-ERR max number of clients reached\r\n", .refused(.tooManyClients)),
            ("-DENIED Redis is running in protected mode\r\n", .refused(.protected)),
        ] as [(String, RedisFailure)]
    )
    func greeting(text: String, failure: RedisFailure) async throws {
        let server = try FakeRedis(greeting: text) { _, _ in .silence }
        let client = try LoopClient(server.url)
        let result = try await client.send("GET", "k")
        // Bytes that came before the first command was sent may be taken for its reply.
        #expect(result == .failure(failure) || result == .failure(.unexpectedReply))
    }

    @Test("A server that always hangs up gets few connections, not one for each command")
    func noStorm() async throws {
        for reaction in [FakeRedis.Reaction.close, .bytes("?"), .bytes("+PONG\r\n")] {
            let server = try FakeRedis { _, command in command == ["PING"] ? reaction : .close }
            let client = try LoopClient(server.url)
            let end = ContinuousClock.now + .milliseconds(600)
            while ContinuousClock.now < end {
                _ = try await client.send("GET", "k")
                try await Task.sleep(for: .milliseconds(1))
            }
            try await client.close()
            // Four by the back-off; on a busy machine the loop takes seconds, and there are some more.
            #expect((1...15).contains(server.accepted), "\(reaction)")
        }
    }

    @Test("Commands beyond the limit are refused at once, and the others are answered")
    func overload() async throws {
        let server = try FakeRedis { _, _ in .bytes("+PONG\r\n") }
        let client = try LoopClient(server.url)
        let replies = try await client.send(Array(repeating: ["PING"], count: 16_389))
        #expect(replies.count { $0 == .success(.status("PONG")) } == 16_384)
        #expect(replies.suffix(5).allSatisfy { $0 == .failure(.overloaded) })
        #expect(try await client.send("PING") == .success(.status("PONG")))
    }
}
