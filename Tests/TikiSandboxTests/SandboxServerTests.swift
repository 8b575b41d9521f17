import Foundation
import Testing

@testable import TikiSandbox

/// Tests with curl over real connections. One after the other, since they share few threads with their servers.
@Suite(.serialized)
struct SandboxServerTests {
    @Test("A code can be minted, exchanged and refreshed over HTTP, and its customer looked up")
    func wholeWay() async throws {
        try await LiveSandbox.run { sandbox in
            let minted = try await sandbox.curl("/sandbox/codes", ["-X", "POST"])
            let code = try #require(minted.body.wholeMatch(of: /\{"code":"([^"]+)"\}/)).1
            let exchanged = try await sandbox.call(.exchange, #"{"code":"\#(code)"}"#)
            #expect(exchanged.status == 200)
            #expect(exchanged.headers["content-type"] == "application/json")
            #expect(exchanged.headers["date"]?.hasSuffix(" GMT") == true)
            let refresh = try #require(exchanged.body.firstMatch(of: /"refresh_token":"([^"]+)"/)).1
            let refreshed = try await sandbox.call(.refresh, #"{"refresh_token":"\#(refresh)"}"#)
            let access = try #require(refreshed.body.firstMatch(of: /"access_token":"([^"]+)"/)).1
            let info = try await sandbox.call(.info, #"{"access_token":"\#(access)"}"#)
            #expect(info.body.contains(#""customer_name":"Ti Ni""#))
            let again = try await sandbox.call(.exchange, #"{"code":"\#(code)"}"#)
            #expect(again.status == 400)
            let calls = try await sandbox.curl("/sandbox/calls")
            #expect(calls.body.contains(#""count":4"#))
            #expect(calls.body.contains(#""/oauth/auth/token":2"#))
            #expect(!calls.body.contains(code))
        }
    }

    @Test("Each fault in a script has the right effect on curl")
    func faults() async throws {
        try await LiveSandbox.run { sandbox in
            let script = #"""
                [{"status":503}, {"garbage":true}, {"no_answer":true}]
                """#
            let added = try await sandbox.curl("/sandbox/faults", ["-d", script])
            #expect(added.body == #"{"pending":3}"#)
            func next(_ options: String...) async throws -> LiveSandbox.Answer {
                try await sandbox.call(.info, "{}", options: options)
            }
            #expect(try await next().status == 503)
            let garbage = try await next()
            #expect(garbage.status == 200)
            #expect(throws: (any Error).self) {
                try JSONSerialization.jsonObject(with: Data(garbage.body.utf8), options: .fragmentsAllowed)
            }
            // curl's exit code for a time that is up.
            #expect(try await next("--max-time", "0.3").exitCode == 28)
            #expect(try await next().status == 400)
        }
    }

    @Test("A clock offset shows in the Date header and makes the current timestamp invalid")
    func clockOffset() async throws {
        var settings = SandboxSettings()
        // 6 November 1994.
        settings.clock.systemTime = { 784_111_777_000 }
        settings.clock.offsetMilliseconds = 3_600_000
        try await LiveSandbox.run(settings: settings) { sandbox in
            let answer = try await sandbox.call(.info, "{}")
            #expect(answer.headers["date"] == "Sun, 06 Nov 1994 09:49:37 GMT")
            #expect(answer.status == 400)
            #expect(answer.body.contains(#""reason":"invalid_signature""#))
        }
    }

    @Test("Wrong paths, methods and control requests are refused")
    func refusals() async throws {
        try await LiveSandbox.run { sandbox in
            #expect(try await sandbox.curl("/oauth/me").status == 404)
            let method = try await sandbox.curl("/tiniapp-open-api/oauth/me")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "POST")
            let mistake = try await sandbox.curl("/sandbox/faults", ["-d", #"[{"stauts":1}]"#])
            #expect(mistake.status == 400)
            #expect(mistake.body.contains("unknown member 'stauts'"))
            let codes = try await sandbox.curl("/sandbox/codes", ["-d", #"{"count":3}"#])
            #expect(codes.body.contains(/^\{"codes":\["[^,]+","[^,]+","[^,]+"\]\}$/))
        }
    }
}
