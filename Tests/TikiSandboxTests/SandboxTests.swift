import Foundation
import Testing

@testable import TikiSandbox

struct SandboxTests {
    let sandbox: Sandbox

    init() {
        var settings = SandboxSettings()
        settings.clock.systemTime = { SignedCall.documentedTime }
        self.sandbox = Sandbox(settings: settings)
    }

    func makeCode() throws -> String {
        let codes = self.sandbox.makeCodes(1, customer: Customer(id: 1, name: "Ti Ni"), scopes: ["offline"])
        return try #require(codes.first)
    }

    func send(_ call: TikiCall, _ body: String) -> Sandbox.Reply {
        let signed = SignedCall.make(body)
        return self.sandbox.receive(call, headers: signed.headers, body: signed.body)
    }

    func addFaults(_ json: String) throws {
        #expect(self.sandbox.addFaults(try FaultScriptTests.parse(json)) != nil)
    }

    @Test("An answer has the keys that Tiki documents, in the documented order")
    func answers() throws {
        let code = try self.makeCode()
        let answer = self.send(.exchange, #"{"code":"\#(code)"}"#).answer
        #expect(answer.status == 200)
        let shape =
            /\{"data":\{"access_token":"([^"]+)","expires_in":3600,"refresh_token":"([^"]+)","scopes":\["offline"\],"token_type":"bearer","customer":\{"id":1,"name":"Ti Ni"\}\},"error":null\}/
        let tokens = try #require(answer.body.wholeMatch(of: shape))
        #expect(
            self.send(.info, #"{"access_token":"\#(tokens.1)"}"#).answer.body
                == #"{"data":{"customer_id":1,"customer_name":"Ti Ni","scopes":["offline"]},"error":null}"#
        )
        let refreshed = self.send(.refresh, #"{"refresh_token":"\#(tokens.2)"}"#).answer
        #expect(refreshed.status == 200)
        #expect(!refreshed.body.contains("customer"))
    }

    @Test("A call with a wrong signature is refused and counted, and spends nothing")
    func wrongSignature() throws {
        let code = try self.makeCode()
        var call = SignedCall.make(#"{"code":"\#(code)"}"#)
        call.headers.signature = String(repeating: "0", count: 64)
        let reply = self.sandbox.receive(.exchange, headers: call.headers, body: call.body)
        #expect(reply.answer == .failure(.invalidSignature("invalid signature")))
        #expect(!reply.signatureOK)
        #expect(self.sandbox.calls.entries.map(\.signatureOK) == [false])
        #expect(self.send(.exchange, #"{"code":"\#(code)"}"#).answer.status == 200)
    }

    @Test(
        "A signed body without its member is refused with the call's reason",
        arguments: [
            (TikiCall.exchange, "{}", "invalid_code"), (.exchange, #"{"code":1}"#, "invalid_code"),
            (.exchange, "", "invalid_code"), (.refresh, #"{"code":"A.B"}"#, "invalid_token"),
            (.info, "[]", "invalid_token"), (.info, "\u{0}", "invalid_token"),
        ]
    )
    func unreadableBody(call: TikiCall, body: String, reason: String) {
        let reply = self.send(call, body)
        #expect(reply.signatureOK)
        #expect(reply.answer.status == 400)
        #expect(reply.answer.body.contains(#""reason":"\#(reason)""#))
    }

    @Test("A spoiled answer comes after the call, and a scripted status comes instead of it")
    func effects() throws {
        try self.addFaults(#"[{"status":503},{"garbage":true}]"#)
        let body = #"{"code":"\#(try self.makeCode())"}"#
        #expect(self.send(.exchange, body).answer == .empty)
        #expect(self.send(.exchange, body).answer.status == 200)
        #expect(self.send(.exchange, body).answer.status == 400)
        let log = self.sandbox.calls
        #expect(log.count == 3)
        #expect(log.countByPath == ["/oauth/auth/token": 3])
        #expect(log.entries.map(\.carriedOut) == [false, true, true])
        #expect(log.entries.map(\.status) == [nil, 200, 400])
    }

    @Test("A reset forgets codes, faults and calls")
    func reset() throws {
        let body = #"{"code":"\#(try self.makeCode())"}"#
        try self.addFaults(#"[{"status":503},{"status":503}]"#)
        _ = self.send(.info, "{}")
        self.sandbox.reset()
        #expect(self.sandbox.calls.count == 0)
        let reply = self.send(.exchange, body)
        #expect(reply.fault == nil)
        #expect(reply.answer.status == 400)
    }

    @Test("A clock offset shifts the check of timestamps")
    func clockOffset() {
        var settings = self.sandbox.settings
        settings.clock.offsetMilliseconds = 61_000
        let call = SignedCall.make("{}")
        let reply = Sandbox(settings: settings).receive(.info, headers: call.headers, body: call.body)
        #expect(reply.answer == .failure(.invalidSignature("timestamp is more than one minute old")))
    }
}
