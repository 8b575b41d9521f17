import Foundation
import TestSupport

/// A sandbox's codes, one for each exchange under load: equal codes would share a call, or get 400.
struct AuthCodes: Sendable {
    private let codes: [String]

    init(_ count: Int, from sandbox: Sandbox) async throws {
        var codes: [String] = []
        while codes.count < count { codes += try await sandbox.mintCodes(min(count - codes.count, 10_000)) }
        self.codes = codes
    }

    func fastCGIRequest(_ number: Int) -> Data { Data(SampleRequest.exchange(json(number)).bytes) }

    func httpRequest(_ number: Int) -> Data { HTTPRequestBytes.post("/auth_exchange", json: json(number)) }

    private func json(_ number: Int) -> String { #"{"code":"\#(codes[number])"}"# }
}
