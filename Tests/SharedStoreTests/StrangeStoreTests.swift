import TestSupport
import Testing

@testable import SharedStore

/// Servers that speak Redis' protocol, but whose replies do not fit the commands.
struct StrangeStoreTests {
    static let info = "$15\r\nrun_id:abcdef\r\n\r\n"
    static let marked = "*3\r\n$10\r\nabcdef g 1\r\n$10\r\nabcdef g 1\r\n$7\r\n9000000\r\n"

    /// Claims in a store that greets correctly, and replies to the claim as given.
    func claim(answered reply: String, isRequired: Bool = false) async throws -> SharedStore.Claim {
        let server = try await FakeRedis { _, command in
            if command[0] == "INFO" { return .bytes(Self.info) }
            return command[1].contains("TIME") ? .bytes(Self.marked) : .bytes("\(reply)\r\n")
        }
        let instance = try Instance(server, isRequired: isRequired)
        let claim = try await instance.claim(owner: "a")
        try await instance.close()
        try await server.stop()
        return claim
    }

    @Test(
        "A claim that gets a reply of another kind is not won",
        arguments: [
            "+OK", ":1", "$-1", "*0", "*1\r\n$1\r\nx", "*3\r\n:1\r\n:1\r\n:1", "$7\r\nclaim:a",
            "*2\r\n$10\r\nabcdef g 1\r\n$2\r\nhi",
        ]
    )
    func oddReplies(reply: String) async throws {
        #expect(try await claim(answered: reply) == .failed(.unexpectedReply))
    }

    @Test("A claim is won only if the key holds its owner, and in a required store only under the known marker")
    func ownName() async throws {
        let own = "*2\r\n$10\r\nabcdef g 1\r\n$7\r\nclaim:a"
        #expect(try await claim(answered: own) == .won)
        #expect(try await claim(answered: own, isRequired: true) == .won)
        #expect(try await claim(answered: "*2\r\n$10\r\nabcdef g 1\r\n$8\r\nclaim:ab") == .held)
        #expect(try await claim(answered: "*2\r\n$10\r\nabcdef g 2\r\n$-1", isRequired: true).isWaiting)
        #expect(try await claim(answered: "*2\r\n:1\r\n:1", isRequired: true).isWaiting)
    }

    @Test(
        "A store that cannot be marked is not used",
        arguments: [
            ("+OK\r\n", "x", "unexpected_reply"), (Self.info, "+OK\r\n", "unexpected_reply"),
            (Self.info, "*3\r\n$1\r\nx\r\n$-1\r\n$1\r\nx\r\n", "unexpected_reply"),
            (Self.info, "-NOPERM this user has no permissions\r\n", "no_permission"),
            (Self.info, "-LOADING x\r\n", "loading"), ("-ERR unknown command\r\n", "", "unknown_command"),
        ]
    )
    func notMarked(info: String, mark: String, code: String) async throws {
        let server = try await FakeRedis { _, command in .bytes(command[0] == "INFO" ? info : mark) }
        let instance = try Instance(server)
        guard case .failed(let failure) = try await instance.claim(owner: "a") else {
            Issue.record("a claim without a mark")
            return
        }
        #expect(failure.code == code)
        try await instance.close()
        try await server.stop()
    }
}
