import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Shared calls", .serialized, .sharingStack()) struct SharingTests {
        @Test("Twenty identical refreshes at once make one call to Tiki and get one answer")
        func identical() async throws {
            let stack = try sharedStack()
            let token = try await refreshToken()
            try await stack.sandbox.setFaults(#"[{"path":"/oauth/auth/token/refresh","delay_ms":2000}]"#)
            // Insignificant white space makes no difference.
            let bodies = [#"{"refresh_token":"\#(token)"}"#, #" { "refresh_token" : "\#(token)" } "#]
            let answers = try await together(20) { bodies[$0 % 2] }
            #expect(answers.count == 20)
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(Set(answers.flatMap { $0.headers["X-Request-Id"] }).count == 20)
            #expect(try await stack.sandbox.calls().counts["/oauth/auth/token/refresh"] == 1)

            // The chain is alive: the new pair works.
            let next = try answers[0].string("data", "refresh_token")
            let refreshed = try await stack.post("/auth_refresh", json: #"{"refresh_token":"\#(next)"}"#)
            #expect(refreshed.status == 200)
        }

        @Test("Identical calls at once share a failure")
        func failure() async throws {
            let stack = try sharedStack()
            let token = try await refreshToken()
            try await stack.sandbox.setFaults(#"[{"delay_ms":1000,"cut":"before_head"}]"#)
            let answers = try await together(5) { _ in #"{"refresh_token":"\#(token)"}"# }
            for answer in answers { try expectError(answer, 502, "upstream_invalid_response") }
            #expect(try await stack.sandbox.calls().counts["/oauth/auth/token/refresh"] == 1)
        }

        @Test("Calls with different tokens are sent separately")
        func different() async throws {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            let delays = Array(repeating: #"{"delay_ms":500}"#, count: 4).joined(separator: ",")
            try await stack.sandbox.setFaults("[\(delays)]")
            let bodies = ["a", "b", "A", "a "].map { #"{"refresh_token":"\#($0)"}"# }
            _ = try await together(4) { bodies[$0] }
            #expect(try await stack.sandbox.calls().count == 4)
        }

        /// Resets the sandbox, and returns a new refresh token.
        private func refreshToken() async throws -> String {
            let stack = try sharedStack()
            try await stack.sandbox.reset()
            let code = try await stack.sandbox.mintCode()
            let answer = try await stack.post("/auth_exchange", json: #"{"code":"\#(code)"}"#)
            return try answer.string("data", "refresh_token")
        }

        private func together(
            _ count: Int,
            _ body: @escaping @Sendable (Int) -> String
        ) async throws -> [HTTPAnswer] {
            let stack = try sharedStack()
            return try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for number in 0..<count {
                    group.addTask { try await stack.post("/auth_refresh", json: body(number)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }
}
