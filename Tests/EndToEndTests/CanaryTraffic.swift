import Foundation
import Synchronization
import TestSupport

/// Sends every kind of request with a canary in it, and keeps what was returned, except Tiki's bodies.
final class CanaryTraffic: Sendable {
    private static let routes = [
        ("/auth_exchange", "code"), ("/auth_refresh", "refresh_token"), ("/auth_info", "access_token"),
    ]

    private let url: String
    private let canary: Canary
    private let answers = Mutex("")

    /// The heads of all answers, and the bodies except Tiki's, which are meant to hold tokens.
    var ownAnswers: String { answers.withLock { $0 } }

    init(to nginx: Nginx, with canary: Canary) {
        url = nginx.url
        self.canary = canary
    }

    /// An exchange that asks the upstream for a fault.
    func exchange(_ fault: UpstreamFault, name: String = "") async throws {
        note(try await Curl.post("\(url)/auth_exchange", json: #"{"code":"\#(fault.credential(name + canary.text))"}"#))
    }

    /// Each fault of the upstream on each route.
    func everyFault() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fault in UpstreamFault.allCases {
                group.addTask {
                    for (path, key) in Self.routes {
                        let credential = fault.credential("\(key)\(self.canary.text)", after: 1_000)
                        self.note(try await Curl.post(self.url + path, json: #"{"\#(key)":"\#(credential)"}"#))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Every kind of mistake and excess of a client.
    func everyMistake() async throws {
        let text = canary.text
        let bodies = [
            #"{"code":"\#(text)",}"#, #"{"code":["\#(text)"]}"#, #"{"kode":"\#(text)"}"#, #"["\#(text)"]"#, text,
            #"{"code":"\#(text)\ud800"}"#, #"{"\#(text).x":1,"\#(text).x":1}"#, #"{"code":"\#(text)"#,
            #"{"code":"\#(text)\#(String(repeating: "x", count: 20_000))"}"#,
            #"{"code":"\#(String(repeating: text, count: 600))"}"#,
        ]
        for body in bodies { note(try await Curl.post("\(url)/auth_exchange", json: body)) }
        let headers = [
            "Authorization: Bearer \(text)", "Cookie: \(text)", "User-Agent: \(text)", "Referer: \(text)",
            "X-Cloud-Trace-Context: \(text)/1;o=1", "X-Request-Id: \(text)", "X-Forwarded-For: \(text)",
        ]
        for header in headers {
            note(try await Curl.post("\(url)/auth_info?code=\(text)", json: "{}", headers: [header]))
        }
        for path in ["/\(text)", "/auth_info/\(text)", "/metrics?\(text)", "/health/ready?\(text)"] {
            let type = ["Content-Type: text/\(text)"]
            note(try await Curl.request("PUT", url + path, headers: type, body: Data(text.utf8)))
        }
        // Without a length, nginx must buffer it.
        let long = #"{"code":["\#(text)","\#(String(repeating: "y", count: 16_000))"]}"#
        note(try await Curl.post("\(url)/auth_exchange", json: long, headers: ["Transfer-Encoding: chunked"]))
    }

    private func note(_ answer: HTTPAnswer) {
        let fields = answer.headers.fields.map { "\($0.name): \($0.value)\n" }.joined()
        let isOwn = answer.text.hasPrefix(#"{"data":null,"error":{"code""#)
        answers.withLock { $0 += "\(answer.statusLine)\n\(fields)\(isOwn ? answer.text : "")\n" }
    }
}
