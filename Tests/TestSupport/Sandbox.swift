import Foundation

/// A running `tiki-sandbox`.
package final class Sandbox: Sendable {
    /// The key and secret that the sandbox and the tests' backends use, from Tiki's documentation.
    package static let clientKey = "RLCKb7Ae9kx4DXtXsCWjnDXtggFnM43W"
    package static let clientSecret = "EhjGcsUUuRSJTHiYPbW5fxzyaKEx0JuAZIKRQ4HnIfNFidB2kMg6locQbTIEz3Vf"

    /// The calls that the sandbox received.
    package struct Calls: Decodable, Sendable {
        package struct Entry: Decodable, Sendable {
            /// As in `/oauth/auth/token`.
            package let path: String
            /// Whether it was signed correctly.
            package let signatureOk: Bool
            /// Whether it could spend a code or rotate a token.
            package let carriedOut: Bool
            /// The status of its result; nil if it was not carried out.
            package let status: Int?
        }

        /// How many in total.
        package let count: Int
        /// How many for each path, as in `/oauth/auth/token`.
        package let counts: [String: Int]
        /// The latest calls, the oldest first.
        package let calls: [Entry]
    }

    package let process: ServerProcess
    /// Scheme, address and port.
    package let baseURL: String
    private let directory: ScratchDirectory

    /// The URL for `AUTH_ENDPOINT`.
    package var authEndpoint: String { "\(baseURL)/tiniapp-open-api/oauth/auth/token" }

    private init(_ process: ServerProcess, _ directory: ScratchDirectory, baseURL: String) {
        self.process = process
        self.directory = directory
        self.baseURL = baseURL
    }

    /// Starts one on a free port.
    ///
    /// - Parameter arguments: options, as listed by `tiki-sandbox --help`.
    package static func start(arguments: [String] = []) async throws -> Sandbox {
        let directory = try ScratchDirectory()
        let process = try await ServerProcess.start(
            try PackageLayout.executable("tiki-sandbox"),
            arguments: arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"],
            in: directory,
            name: "sandbox"
        )
        let start = "tiki-sandbox listening on "
        try await process.waitUntilReady {
            process.standardOutput.hasPrefix(start) && process.standardOutput.hasSuffix("\n")
        }
        let url = process.standardOutput.dropFirst(start.count).prefix { $0 != "\n" }
        return Sandbox(process, directory, baseURL: String(url))
    }

    /// A new auth code, as `my.getAuthCode` would give it to the app.
    package func mintCode() async throws -> String {
        try await control("POST", "codes").string("code")
    }

    /// New auth codes.
    package func mintCodes(_ count: Int) async throws -> [String] {
        let answer = try await control("POST", "codes", Data(#"{"count":\#(count)}"#.utf8))
        return try JSONDecoder().decode([String: [String]].self, from: answer.body)["codes"] ?? []
    }

    /// The calls since the start or the last ``reset()``.
    package func calls() async throws -> Calls {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Calls.self, from: try await control("GET", "calls").body)
    }

    /// Forgets codes, tokens, faults and calls.
    package func reset() async throws {
        _ = try await control("POST", "reset")
    }

    package func stop() async {
        await process.stop()
        directory.remove()
    }

    private func control(_ method: String, _ what: String, _ body: Data? = nil) async throws -> HTTPAnswer {
        // Over HTTPS, its certificate is one of the test.
        let answer = try await Curl.request(method, "\(baseURL)/sandbox/\(what)", body: body, arguments: ["--insecure"])
        guard answer.status == 200 else { throw TestSupportError("sandbox: \(answer.status) \(answer.text)") }
        return answer
    }
}
