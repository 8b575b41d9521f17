import Foundation
import TestSupport

/// The answer to a request that asked for a fault.
struct FaultedAnswer: Sendable {
    let request: FaultedRequest
    /// The status, and an error's reason.
    let outcome: String
    /// The mistake in the answer itself; nil if it is correct.
    let mistake: String?

    init(_ answer: HTTPAnswer, to request: FaultedRequest) {
        self.request = request
        let reason = try? answer.string("error", "reason")
        outcome = [String(answer.status), reason].compactMap(\.self).joined(separator: " ")
        mistake = Self.mistake(in: answer, to: request, reason)
    }

    /// Sends the requests over this many connections at once.
    static func collect(_ requests: [FaultedRequest], from port: Int, clients: Int = 64) async throws -> [FaultedAnswer]
    {
        try await BlockingThread.run(on: clients) { client in
            let connection = try HTTPClient(port: port)
            return try stride(from: client, to: requests.count, by: clients).map {
                let request = requests[$0]
                return FaultedAnswer(try connection.post(request.path, json: request.json), to: request)
            }
        }.flatMap(\.self)
    }

    private static func mistake(in answer: HTTPAnswer, to request: FaultedRequest, _ reason: String?) -> String? {
        let once = [
            ("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache"),
        ]
        for (name, value) in once where answer.headers[name] != [value] {
            return "\(name): \(answer.headers[name])"
        }
        let ids = answer.headers["X-Request-Id"]
        guard ids.count == 1, let id = ids.first, !id.isEmpty else { return "X-Request-Id: \(ids)" }
        // Tiki's answer byte for byte, or our envelope and nothing else.
        if let tikis = relayable(request, answer.status) { return answer.body == tikis ? nil : "not Tiki's bytes" }
        guard let reason, let message = try? answer.string("error", "message") else { return "no envelope" }
        let details = #"{"code":\#(answer.status),"reason":"\#(reason)","message":"\#(message)""#
        let envelope = #"{"data":null,"error":\#(details),"metadata":{"request_id":"\#(id)"}}}"#
        return answer.text == envelope ? nil : "not the envelope"
    }

    /// Tiki's answer with this status; nil if it gives none.
    private static func relayable(_ request: FaultedRequest, _ status: Int) -> Data? {
        switch status {
        case 200 where request.fault == .atLimit: FaultAnswer.relayed(.atLimit, for: request.credential)?.body
        case 200: FaultAnswer.tokens(for: request.credential)
        case 400, 500: FaultAnswer.failure(status, for: request.credential)
        default: nil
        }
    }
}
