import Foundation
import TestSupport
import Testing

extension UpstreamProofs {
    /// A phone's double tap, a hundredfold: if Tiki saw a second identical refresh, it would revoke the chain.
    @Suite("Identical refreshes") struct SharedRefreshTests {
        private static let refreshPath = "/oauth/auth/token/refresh"
        private static let clients = 100

        @Test(
            "100 identical refreshes make one call and keep the chain alive, even if some clients leave",
            arguments: [0, 50]
        )
        func identical(gone: Int) async throws {
            try DescriptorLimit.raise(to: 4_096)
            // Long enough for all of them to arrive in the meantime.
            let stack = try await Stack.start(sandbox: ["--delay", "800"])
            let code = try await stack.sandbox.mintCode()
            let tokens = try await stack.post("/auth_exchange", json: #"{"code":"\#(code)"}"#)
            let refresh = #"{"refresh_token":"\#(try tokens.string("data", "refresh_token"))"}"#

            let port = stack.nginx.port
            let received = try await BlockingThread.run {
                let request = HTTPRequestBytes.post("/auth_refresh", json: refresh)
                var leaving = ManyConnections(to: .nginx(port))
                var staying = ManyConnections(to: .nginx(port), keepsAnswers: true)
                for number in 0..<Self.clients {
                    // Some of the first clients leave, too, so the call may belong to one of them.
                    if number % 2 == 0, number / 2 < gone {
                        try leaving.open(sending: request)
                    } else {
                        try staying.open(sending: request)
                    }
                }
                leaving.leave()
                try staying.read(until: .now + .seconds(10))
                return staying.received
            }

            let answers = received.compactMap(\.http)
            let calls = try await stack.sandbox.calls()
            let ids = Set(answers.flatMap { $0.headers["X-Request-Id"] })
            let next = try #require(answers.first).string("data", "refresh_token")
            let after = try await stack.post("/auth_refresh", json: #"{"refresh_token":"\#(next)"}"#)
            printFigures(
                "identical refreshes, \(gone) of the clients gone",
                "\(Self.clients) at once, \(calls.counts[Self.refreshPath] ?? 0) call to Tiki, \(answers.count) answers, "
                    + "\(Set(answers.map(\.body)).count) body, \(ids.count) request ids, then with the new token: \(after.status)"
            )
            #expect(answers.count == Self.clients - gone)
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(ids.count == answers.count)
            #expect(calls.counts[Self.refreshPath] == 1)
            #expect(after.status == 200, "the chain is alive")
            // A late copy gets the answer again, and does not end the chain.
            let copy = try await stack.post("/auth_refresh", json: refresh)
            #expect(copy.status == 200 && copy.body == answers[0].body)
            let last = #"{"refresh_token":"\#(try after.string("data", "refresh_token"))"}"#
            #expect(try await stack.post("/auth_refresh", json: last).status == 200)
            await stack.stop()
        }
    }
}
