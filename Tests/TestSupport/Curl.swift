import Foundation

/// The real `curl`, one process per request. Bodies are never passed as arguments.
package enum Curl {
    /// Sends a request over HTTP/1.1, with the given header fields, `Host` and `User-Agent`.
    ///
    /// - Parameters:
    ///   - body: nil sends none; empty data sends `Content-Length: 0`.
    ///   - arguments: more options for curl.
    /// - Throws: ``TestSupportError`` if there is no answer.
    package static func request(
        _ method: String = "GET",
        _ url: String,
        headers: [String] = [],
        body: Data? = nil,
        arguments: [String] = []
    ) async throws -> HTTPAnswer {
        let directory = try ScratchDirectory()
        var options = [
            "--disable", "--silent", "--show-error", "--http1.1", "--path-as-is", "--globoff", "--noproxy", "*",
            "--max-time", "30", "--dump-header", directory.path("head"), "--output", directory.path("body"),
            "--header", "Expect:", "--header", "Accept:",
        ]
        options += method == "HEAD" ? ["--head"] : ["--request", method]
        if let body {
            options += ["--data-binary", "@\(try directory.write(body, to: "sent"))"]
            if !headers.contains(where: { $0.lowercased().hasPrefix("content-type:") }) {
                options += ["--header", "Content-Type:"]
            }
        }
        options += headers.flatMap { ["--header", $0] } + arguments + [url]
        let process = try await ServerProcess.start("curl", arguments: options, in: directory, name: "curl")
        let status = try await process.waitForExit(timeout: .seconds(35))
        guard status == .code(0) else {
            throw TestSupportError("curl \(method) \(url) ended with \(status): \(process.standardError)")
        }
        // For HEAD, curl writes the head there.
        let answerBody = method == "HEAD" ? Data() : directory.read("body")
        // An interim answer has its own head.
        let heads = directory.text("head").components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }
        guard let answer = HTTPAnswer(head: heads.last ?? "", body: answerBody) else {
            throw TestSupportError("curl \(method) \(url): no HTTP answer")
        }
        return answer
    }

    package static func post(
        _ url: String,
        json: String,
        headers: [String] = [],
        arguments: [String] = []
    ) async throws -> HTTPAnswer {
        try await request(
            "POST",
            url,
            headers: ["Content-Type: application/json"] + headers,
            body: Data(json.utf8),
            arguments: arguments
        )
    }
}
