import FastCGI
import Foundation
import Logging
import NIOPosix
import Testing
import TiniAppAuth

@testable import TiniAppAuthBackend

struct RouterTests {
    func router() throws -> Router {
        let configuration = try SettingsFixture.configuration().service
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = try AuthService(
            configuration,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            logger: logger
        )
        return Router(service: service, readiness: Readiness(), logger: logger)
    }

    @Test(
        "a refusal is an error of our own like any other, with the time to come back",
        arguments: [(.overloaded, "overloaded"), (.shuttingDown, "shutting_down")] as [(FastCGIRefusal, String)]
    )
    func refusal(refusal: FastCGIRefusal, reason: String) throws {
        let response = try router().refuse("id-1", because: refusal)
        #expect(response.status == 503)
        #expect(response.reasonPhrase == "Service Unavailable")
        let headers = Dictionary(response.headers.map { ($0.name, $0.value) }) { "\($0), \($1)" }
        #expect(
            headers == [
                "Content-Type": "application/json", "Content-Length": "\(response.body.count)",
                "Cache-Control": "no-store",
                "Pragma": "no-cache", "X-Request-Id": "id-1", "Retry-After": "1",
            ]
        )
        let object = try #require(JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["reason"] as? String == reason)
        #expect(error["code"] as? Int == 503)
        #expect(error["metadata"] as? [String: String] == ["request_id": "id-1"])
    }

    @Test("a refused request without a usable id gets one of ours, the same in field and body")
    func requestID() throws {
        let response = try router().refuse("bad id\r\n", because: .overloaded)
        let field = try #require(response.headers.first { $0.name == "X-Request-Id" }?.value)
        #expect(field.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        #expect(String(decoding: response.body, as: UTF8.self).contains(#""request_id":"\#(field)""#))
    }
}
