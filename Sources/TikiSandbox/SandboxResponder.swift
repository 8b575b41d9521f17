import Hummingbird
import Logging
import NIOCore

/// Answers requests: Tiki's three calls, the control endpoints, and 404 for everything else.
struct SandboxResponder: Sendable {
    /// Far more than the backend may send.
    private static let bodyLimit = 1_048_576

    let sandbox: Sandbox
    let logger: Logger

    /// Throws if the connection is to be closed instead.
    func respond(to request: Request, on channel: any Channel) async throws -> Response {
        let body: [UInt8]
        do {
            body = Array(buffer: try await request.body.collect(upTo: Self.bodyLimit))
        } catch is NIOTooManyBytesError {
            return .failure(code: 413, reason: "payload_too_large", message: "no more than \(Self.bodyLimit) bytes")
        }
        let path = request.uri.path
        if let call = TikiCall(requestPath: path) {
            guard request.method == .post else { return .methodNotAllowed("POST") }
            return try await self.answer(call, headers: CallHeaders(request.headers), body: body, on: channel)
        }
        let control = ControlEndpoints(sandbox: self.sandbox)
        return control.answer(method: request.method, path: path, body: body)
            ?? .failure(code: 404, reason: "not_found", message: "no such path")
    }

    private func answer(
        _ call: TikiCall,
        headers: CallHeaders,
        body: [UInt8],
        on channel: any Channel
    ) async throws -> Response {
        let reply = self.sandbox.receive(call, headers: headers, body: body)
        self.logger.debug(
            "call received",
            metadata: [
                "path": "\(call.rawValue)",
                "signature_ok": "\(reply.signatureOK)",
                "status": "\(reply.answer.status)",
                "fault": "\(reply.fault != nil)",
            ]
        )
        let delay = self.sandbox.settings.delayMilliseconds + (reply.fault?.delayMilliseconds ?? 0)
        if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
        var response = try await Delivery(reply: reply).response(on: channel)
        if reply.fault?.closesConnection ?? false { response.headers[.connection] = "close" }
        return response
    }
}
