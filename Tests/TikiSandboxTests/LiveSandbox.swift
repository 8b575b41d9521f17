import Foundation
import TestSupport

@testable import TikiSandbox

/// A sandbox in this process, on a free port, with curl to talk to it.
struct LiveSandbox {
    let url: String

    /// Runs a server for as long as the body takes.
    static func run(
        settings: SandboxSettings = SandboxSettings(),
        _ body: @Sendable @escaping (LiveSandbox) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await SandboxServer(sandbox: Sandbox(settings: settings)).run { listening.yield($0) }
            }
            for await port in ports {
                try await body(LiveSandbox(url: "http://127.0.0.1:\(port)"))
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Curl's report about an answer.
    struct Answer {
        var exitCode: Int32
        var headers: [String: String] = [:]
        var status: Int?
        var body: String
    }

    /// An API call, signed now.
    func call(_ call: TikiCall, _ body: String, options: [String] = []) async throws -> Answer {
        let signed = SignedCall.make(body, timestamp: Int64(Date().timeIntervalSince1970 * 1000))
        let headers = [
            "Content-Type: application/json",
            "X-Tiniapp-Client-Id: \(signed.headers.clientID ?? "")",
            "X-Tiniapp-Timestamp: \(signed.headers.timestamp ?? "")",
            "X-Tiniapp-Signature: \(signed.headers.signature ?? "")",
        ]
        return try await self.curl(
            TikiCall.basePath + call.rawValue,
            ["--data-binary", body] + headers.flatMap { ["-H", $0] } + options
        )
    }

    func curl(_ path: String, _ options: [String] = []) async throws -> Answer {
        let outcome = try await Command.run("curl", ["-si", "--max-time", "5"] + options + [url + path])
        guard case .code(let code) = outcome.status else { throw TestSupportError("a signal ended curl") }
        return Self.parse(outcome.output, exitCode: code)
    }

    private static func parse(_ text: String, exitCode: Int32) -> Answer {
        guard let end = text.range(of: "\r\n\r\n") else { return Answer(exitCode: exitCode, body: text) }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var answer = Answer(exitCode: exitCode, body: String(text[end.upperBound...]))
        answer.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            answer.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return answer
    }
}
