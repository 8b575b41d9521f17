import Foundation
import TestSupport

/// A valid access token of a sandbox, and requests with it that are no two alike: identical ones would share a call.
struct AccessToken: Sendable {
    private let text: String

    init(from sandbox: Sandbox) async throws {
        let backend = try await Backend.start(environment: ["REQUEST_TIMEOUT": "60"], upstream: sandbox)
        let code = try await sandbox.mintCode()
        let json = #"{"code":"\#(code)"}"#
        let request = FastCGIRequestBytes.post("/auth_exchange", json: json, id: "token")
        let path = backend.socketPath
        let answer = try await BlockingThread.run { try Self.exchange(path, request) }
        await backend.stop()
        guard let start = answer.range(of: #""access_token":""#)?.upperBound,
            let end = answer[start...].firstIndex(of: "\"")
        else { throw TestSupportError("no access token in the answer") }
        text = String(answer[start..<end])
    }

    func infoRequest(_ number: Int) -> String { #"{"access_token":"\#(text)","n":\#(number)}"# }

    func fastCGIRequest(_ number: Int) -> Data {
        FastCGIRequestBytes.post("/auth_info", json: infoRequest(number), id: "r\(number)")
    }

    func httpRequest(_ number: Int) -> Data {
        HTTPRequestBytes.post("/auth_info", json: infoRequest(number))
    }

    private static func exchange(_ path: String, _ request: Data) throws -> String {
        let descriptor = try Sockets.make(AF_UNIX)
        defer { close(descriptor) }
        try Sockets.withUnixAddress(path) { _ = try Sockets.check("connect", Int(connect(descriptor, $0, $1))) }
        try Sockets.sendAll(descriptor, request)
        var answer = Data()
        while case let part = try Sockets.receive(descriptor), !part.isEmpty { answer += part }
        return String(decoding: answer, as: UTF8.self)
    }
}
