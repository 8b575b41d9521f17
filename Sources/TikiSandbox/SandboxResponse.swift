import NIOCore
import NIOHTTP1

/// An HTTP answer, before it is sent.
struct SandboxResponse {
    var status: Int
    /// Without the date and the length, which are added when it is sent.
    var headers: HTTPHeaders
    var body: ByteBuffer

    init(status: Int, contentType: String = "application/json", body: ByteBuffer) {
        self.status = status
        self.headers = ["Content-Type": contentType]
        self.body = body
    }

    static func json(_ text: String, status: Int = 200) -> SandboxResponse {
        SandboxResponse(status: status, body: ByteBuffer(string: text))
    }

    /// A failure of the sandbox itself, in the envelope that the caller parses anyway.
    static func failure(code: Int, reason: String, message: String) -> SandboxResponse {
        let answer = TikiAnswer.failure(TikiError(code: code, reason: reason, message: message))
        return .json(answer.body, status: code)
    }

    static func badRequest(_ message: String) -> SandboxResponse {
        .failure(code: 400, reason: "sandbox_request", message: message)
    }

    static func methodNotAllowed(_ allowed: String) -> SandboxResponse {
        var response = SandboxResponse.failure(code: 405, reason: "method_not_allowed", message: "use \(allowed)")
        response.headers.add(name: "Allow", value: allowed)
        return response
    }
}
