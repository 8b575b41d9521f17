import Testing

@testable import TiniAppAuth

struct TokenStateTests {
    func state(
        _ status: Int,
        reason: String? = nil,
        retryAfter: Bool = false,
        isReadable: Bool = true
    ) -> TokenState {
        TokenState(status: status, hasRetryAfter: retryAfter, reason: reason, isReadable: isReadable)
    }

    @Test("A 4xx leaves the token free, unless Tiki refuses the token itself", arguments: 400..<500)
    func clientErrors(status: Int) {
        for isReadable in [true, false] {
            #expect(state(status, isReadable: isReadable) == .free)
            #expect(state(status, reason: "invalid_signature", isReadable: isReadable) == .free)
        }
        #expect(state(status, reason: "invalid_code") == .refused)
        #expect(state(status, reason: "invalid_token") == .refused)
    }

    @Test("A 5xx leaves it in doubt, but for a 503 that says when to come back", arguments: 500..<600)
    func serverErrors(status: Int) {
        for isReadable in [true, false] {
            for reason in [nil, "invalid_token", "other"] {
                #expect(state(status, reason: reason, isReadable: isReadable) == .inDoubt)
                let later = state(status, reason: reason, retryAfter: true, isReadable: isReadable)
                #expect(later == (status == 503 ? .free : .inDoubt))
            }
        }
    }

    @Test("Only a 2xx with Tiki's JSON and without an error settles it", arguments: [200, 201, 204, 299])
    func success(status: Int) {
        #expect(state(status) == .settled)
        #expect(state(status, isReadable: false) == .inDoubt)
        #expect(state(status, reason: "other") == .inDoubt)
        #expect(state(status, reason: "invalid_code") == .refused)
    }

    @Test("What is no final answer leaves it in doubt", arguments: [0, 100, 199, 301, 399, 600, 999])
    func odd(status: Int) {
        #expect(state(status, isReadable: false) == .inDoubt)
    }
}
