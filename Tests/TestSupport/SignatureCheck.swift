import Foundation

/// Checks Tiki's signatures with openssl, so with neither the product's code nor the sandbox's.
package enum SignatureCheck {
    /// The secret that each request is signed with; nil if none of them fits.
    ///
    /// Source: Tiki's page "Calculate signature": HMAC-SHA256, in hexadecimal, of the base64url of TIMESTAMP.KEY.BODY.
    package static func secrets(of requests: [ReceivedRequest], among secrets: [String]) async throws -> [String?] {
        let directory = try ScratchDirectory()
        let paths = try requests.enumerated().map { number, request in
            let key = request["X-Tiniapp-Client-Id"].first ?? ""
            let signed = Data("\(request["X-Tiniapp-Timestamp"].first ?? "").\(key).".utf8) + request.body
            let encoded = signed.base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
            return try directory.write(encoded, to: "\(number)")
        }
        var found: [String?] = Array(repeating: nil, count: requests.count)
        for secret in secrets {
            let outcome = try await Command.run("openssl", ["dgst", "-sha256", "-hmac", secret, "-r"] + paths)
            let lines = outcome.output.split(separator: "\n")
            guard lines.count == paths.count else { throw TestSupportError("openssl: \(outcome.error)") }
            for (number, line) in lines.enumerated() {
                if requests[number]["X-Tiniapp-Signature"] == [String(line.prefix { $0 != " " })] {
                    found[number] = secret
                }
            }
        }
        return found
    }
}
