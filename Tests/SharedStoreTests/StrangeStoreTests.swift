import TestSupport
import Testing

@testable import SharedStore

/// Servers that speak Redis' protocol, but whose replies do not fit the commands.
struct StrangeStoreTests {
    /// What a good server replies to a greeting. The claim is told apart by its key.
    static func greeting(_ command: [String], marker: String = "abcd 1") -> String {
        func string(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }
        switch command[0] {
        case "INFO":
            return string("redis_version:7.0.1\r\nrole:master\r\nmaxmemory_policy:noeviction\r\nrun_id:abcd\r\n")
        case "SET": return "+OK\r\n"
        case "GET": return string(command[1].contains("probe") ? "x" : marker)
        case "DEL": return ":\(command.count - 1)\r\n"
        default: break
        }
        if command[1].contains("return marker") { return string(command[6]) }
        if command[1].contains("{marker, value}") { return "*2\r\n$-1\r\n\(string(command[6] + command[7]))" }
        return command[1] == "return 7" ? ":7\r\n" : ":1\r\n"
    }

    /// Claims in a store that greets correctly, and replies to the claim as given. OWNER stands for the claim's owner, and CLAIM
    /// for the whole claim.
    func claim(answered reply: String, isRequired: Bool = false) async throws -> (SharedStore.Claim, Instance) {
        let server = try FakeRedis { _, command in
            guard command.count > 6, command[3].hasPrefix("tiniapp-auth:call:") else {
                return .bytes(Self.greeting(command))
            }
            let (claim, owner) = (command[6] + command[7], command[6])
            return .bytes(
                "\(reply)\r\n"
                    .replacing("CLAIM", with: "$\(claim.utf8.count)\r\n\(claim)")
                    .replacing("OWNER", with: "$\(owner.utf8.count)\r\n\(owner)")
            )
        }
        let instance = try Instance(server.url, isRequired: isRequired)
        return (try await instance.claim(), instance)
    }

    @Test(
        "A reply of another kind is no claim: a store that is required cannot be used, otherwise each is by itself",
        arguments: [
            "+OK", ":1", "$-1", "*0", "*1\r\n$1\r\nx", "*3\r\n:1\r\n:1\r\n:1", "$7\r\nclaim:a",
            "*2\r\n$6\r\nabcd 1\r\n$2\r\nhi", "*2\r\n:1\r\n$0\r\n", "-ERR x", "*2\r\n$-1\r\n-ERR x",
        ]
    )
    func oddReplies(reply: String) async throws {
        let (alone, instance) = try await claim(answered: reply)
        #expect(alone.word == "won")
        #expect(instance.count("failures_total") >= 1)
        #expect(try await claim(answered: reply, isRequired: true).0.word == "unavailable")
    }

    @Test("A claim is won only if the key holds this very claim")
    func ownName() async throws {
        for isRequired in [true, false] {
            func word(_ value: String) async throws -> String {
                try await claim(answered: "*2\r\n$6\r\nabcd 1\r\n\(value)", isRequired: isRequired).0.word
            }
            #expect(try await word("CLAIM") == "won")
            #expect(try await word("OWNER") == "held")
            #expect(try await word("$8\r\nclaim:ab") == "held")
            #expect(try await word("$-1") == (isRequired ? "unavailable" : "won"))
            #expect(try await word("$8\r\noutcome:") == "ended: ")
        }
    }

    @Test(
        "A store that does not greet well is not used, and the reason is logged",
        arguments: [
            ("INFO", "+OK", "unexpected_reply"), ("INFO", "-LOADING x", "loading"), ("INFO", ":-1", "unexpected_reply"),
            ("GET", "$-1", "unexpected_reply"), ("SET", "-READONLY x", "read_only"), ("SET", "-OOM x", "out_of_memory"),
            ("DEL", ":0", "unexpected_reply"), ("EVAL", "-ERR unknown command 'EVAL'", "unknown_command"),
            ("EVAL", "-NOPERM this user has no permissions to run the 'eval' command", "no_permission"),
            ("EVAL", "-CROSSSLOT x", "cluster"), ("GET", "-NOPERM access one of the keys used", "no_key_permission"),
        ]
    )
    func greeting(name: String, reply: String, code: String) async throws {
        let server = try FakeRedis { _, command in
            .bytes(command[0] == name ? "\(reply)\r\n" : Self.greeting(command))
        }
        let instance = try Instance(server.url, isRequired: true)
        #expect(try await instance.claim().word == "unavailable")
        #expect(instance.log.handler.entries.first?.metadata["failure"] == "\(code)")
    }
}
