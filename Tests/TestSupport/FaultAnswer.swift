import Foundation

/// The bytes of a ``FaultUpstream``'s answers.
package enum FaultAnswer {
    /// How many bytes an answer's body may have (`MAX_RESPONSE_BYTES`).
    package static let limit = 65_536

    /// Tokens for a credential, spaced and escaped so that re-encoding is noticed.
    package static func tokens(for credential: String) -> Data {
        let access = #""access_token" :"a-\#(credential)","refresh_token": "r-\#(credential)""#
        return Data(#" {"data":{\#(access),"expires_in":3.6e3,"name":"T\u00ec\/i"},"error":null}"#.utf8)
    }

    /// A failure in Tiki's envelope.
    package static func failure(_ status: Int, for credential: String) -> Data {
        let details = #""reason":"\#(reason(status))","message":"\#(credential.count) characters""#
        return Data(#"{"data" : null,"error":{"code":\#(status),\#(details)}}"#.utf8)
    }

    /// The `error.reason` of a failure.
    package static func reason(_ status: Int) -> String { status == 400 ? "invalid_code" : "internal_error" }

    /// The status and body that an app must receive byte for byte; nil if it must not receive the upstream's.
    package static func relayed(_ fault: UpstreamFault, for credential: String) -> (status: Int, body: Data)? {
        switch fault {
        case .success, .interim, .announcedClose, .surplus, .closeWhenIdle, .resetWhenIdle, .resetNextRequest, .delayed:
            (200, tokens(for: credential))
        case .atLimit: (200, padded(tokens(for: credential), to: limit))
        case .refusal: (400, failure(400, for: credential))
        case .failure: (500, failure(500, for: credential))
        default: nil
        }
    }

    /// The bytes to send at once; for faults in the middle of an answer, the bytes up to there.
    static func bytes(_ fault: UpstreamFault, for credential: String) -> Data {
        let tokens = tokens(for: credential)
        if let (status, body) = relayed(fault, for: credential) {
            let interim = fault == .interim ? Data("HTTP/1.1 100 Continue\r\n\r\n".utf8) : Data()
            let surplus = fault == .surplus ? answer(200, Data(#"{"data":"forged"}"#.utf8)) : Data()
            let fields = fault == .announcedClose ? ["Connection: close"] : []
            return interim + answer(status, body, fields) + surplus
        }
        switch fault {
        case .notJSON: return answer(200, tokens.dropLast())
        case .overLimit: return answer(200, padded(tokens, to: limit + 1))
        case .gzip: return answer(200, compressed, ["Content-Encoding: gzip"])
        case .noContent: return Data("HTTP/1.1 204 No Content\r\n\r\n".utf8)
        case .moved: return answer(301, tokens, ["Location: /elsewhere"])
        case .notModified: return Data("HTTP/1.1 304 Not Modified\r\n\r\n".utf8)
        case .emptyBody: return answer(200, Data())
        case .lengthTooSmall: return head(200, length: tokens.count - 9) + tokens
        case .truncated: return head(200, length: tokens.count + 9) + tokens
        case .notHTTP: return Data("SSH-2.0-OpenSSH_9.2\r\n".utf8)
        case .resetInHead: return Data("HTTP/1.1 200 OK\r\nContent-Type: applic".utf8)
        case .resetInBody, .slowBody: return answer(200, tokens).dropLast(tokens.count / 2)
        default: return Data()
        }
    }

    /// A complete answer.
    package static func answer(_ status: Int, _ body: Data, _ fields: [String] = []) -> Data {
        head(status, length: body.count, fields) + body
    }

    private static func head(_ status: Int, length: Int, _ fields: [String] = []) -> Data {
        let all = ["Content-Type: application/json", "Content-Length: \(length)"] + fields
        return Data("HTTP/1.1 \(status) Reason\r\n\(all.joined(separator: "\r\n"))\r\n\r\n".utf8)
    }

    private static func padded(_ body: Data, to count: Int) -> Data {
        body + Data(repeating: UInt8(ascii: " "), count: count - body.count)
    }

    /// `{"data":null,"error":null}`, compressed with gzip.
    private static let compressed =
        Data(base64Encoded: "H4sIAAAAAAACA6tWSkksSVSyyivNydFRSi0qyi+CcGoBTqIYXBoAAAA=") ?? Data()
}
