import Foundation
import TestSupport

/// A valid access token of a sandbox, and requests with it that are no two alike: identical ones would share a call.
struct AccessToken: Sendable {
    private let text: String

    init(from sandbox: Sandbox) async throws {
        let backend = try await Backend.start(environment: ["REQUEST_TIMEOUT": "60"], upstream: sandbox)
        let code = try await sandbox.mintCode()
        let json = #"{"code":"\#(code)"}"#
        let peer = try FastCGIPeer(backend.socketPath)
        try peer.send(SampleRequest.exchange(json).bytes)
        let answer = try await peer.answer().text
        await backend.stop()
        guard let start = answer.range(of: #""access_token":""#)?.upperBound,
            let end = answer[start...].firstIndex(of: "\"")
        else { throw TestSupportError("no access token in the answer") }
        text = String(answer[start..<end])
    }

    func infoRequest(_ number: Int) -> String { #"{"access_token":"\#(text)","n":\#(number)}"# }

    func fastCGIRequest(_ number: Int) -> Data {
        Data(SampleRequest.post("/auth_info", infoRequest(number)).bytes)
    }

    func httpRequest(_ number: Int) -> Data {
        HTTPRequestBytes.post("/auth_info", json: infoRequest(number))
    }
}
