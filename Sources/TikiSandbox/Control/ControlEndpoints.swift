import FoundationEssentials
import NIOHTTP1

/// Unsigned requests with which a demo or a test controls the sandbox, under `/sandbox`:
///
/// | request | does |
/// |---|---|
/// | `POST /sandbox/codes` | makes a code: `{"code":"…"}`, or with `{"count":N}` many: `{"codes":["…"]}` |
/// | `POST /sandbox/faults` | adds a JSON array of faults to the script: `{"pending":N}` |
/// | `DELETE /sandbox/faults` | empties the script: `{"pending":0}` |
/// | `GET /sandbox/calls` | what arrived: `{"count":N,"counts":{…},"calls":[…]}` |
/// | `POST /sandbox/reset` | forgets everything: `{"reset":true}` |
struct ControlEndpoints: Sendable {
    let sandbox: Sandbox

    /// The answer, or nil for any other path.
    func answer(method: HTTPMethod, path: String, body: [UInt8]) -> SandboxResponse? {
        switch (path, method) {
        case ("/sandbox/codes", .POST): self.makeCodes(body)
        case ("/sandbox/faults", .POST): self.addFaults(body)
        case ("/sandbox/faults", .DELETE): self.clearFaults()
        case ("/sandbox/calls", .GET): .json(Self.encode(CallReport(self.sandbox.calls)))
        case ("/sandbox/reset", .POST): self.reset()
        case ("/sandbox/codes", _), ("/sandbox/reset", _): .methodNotAllowed("POST")
        case ("/sandbox/faults", _): .methodNotAllowed("POST, DELETE")
        case ("/sandbox/calls", _): .methodNotAllowed("GET")
        default: nil
        }
    }

    private struct CodeRequest: Decodable {
        var customerID: Int?
        var customerName: String?
        var scopes: [String]?
        var count: Int?

        enum CodingKeys: String, CodingKey {
            case customerID = "customer_id"
            case customerName = "customer_name"
            case scopes, count
        }
    }

    /// Missing members default to the customer and scopes in Tiki's example; so does a missing body.
    private func makeCodes(_ body: [UInt8]) -> SandboxResponse {
        let json = body.isEmpty ? Array("{}".utf8) : body
        guard let request = try? JSONDecoder().decode(CodeRequest.self, from: Data(json)) else {
            return .badRequest("body must be an object with customer_id, customer_name, scopes, count, or empty")
        }
        let limit = 1...10_000
        guard limit.contains(request.count ?? 1) else {
            return .badRequest("count must be between \(limit.lowerBound) and \(limit.upperBound)")
        }
        let customer = Customer(id: request.customerID ?? 1, name: request.customerName ?? "Ti Ni")
        let scopes = request.scopes ?? ["offline", "user_profile"]
        let codes = self.sandbox.makeCodes(request.count ?? 1, customer: customer, scopes: scopes)
        if request.count == nil, let code = codes.first {
            return .json(#"{"code":\#(JSONText.quoted(code))}"#)
        }
        return .json(#"{"codes":\#(JSONText.array(codes))}"#)
    }

    private func addFaults(_ body: [UInt8]) -> SandboxResponse {
        do {
            let faults = try JSONDecoder().decode([Fault].self, from: Data(body))
            guard let pending = self.sandbox.addFaults(faults) else {
                return .badRequest("no more than \(FaultScript.limit) faults can be pending")
            }
            return .json(#"{"pending":\#(pending)}"#)
        } catch let error as Fault.ScriptError {
            return .badRequest(error.message)
        } catch {
            return .badRequest("body must be a JSON array of faults whose members have the right types")
        }
    }

    private func clearFaults() -> SandboxResponse {
        self.sandbox.clearFaults()
        return .json(#"{"pending":0}"#)
    }

    private func reset() -> SandboxResponse {
        self.sandbox.reset()
        return .json(#"{"reset":true}"#)
    }

    private struct CallReport: Encodable {
        var count: Int
        var counts: [String: Int]
        var calls: [CallLog.Entry]

        init(_ log: CallLog) {
            self.count = log.count
            self.counts = log.countByPath
            self.calls = log.entries
        }
    }

    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding these values cannot fail.
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}
