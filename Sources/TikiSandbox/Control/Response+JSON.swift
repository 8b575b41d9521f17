import Hummingbird

extension Response {
    static func json(_ text: String, status: Int = 200) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    /// A failure of the sandbox itself, in the envelope that the caller parses anyway.
    static func failure(code: Int, reason: String, message: String) -> Response {
        let answer = TikiAnswer.failure(TikiError(code: code, reason: reason, message: message))
        return .json(answer.body, status: code)
    }

    static func badRequest(_ message: String) -> Response {
        .failure(code: 400, reason: "sandbox_request", message: message)
    }

    static func methodNotAllowed(_ allowed: String) -> Response {
        var response = Response.failure(code: 405, reason: "method_not_allowed", message: "use \(allowed)")
        response.headers[.allow] = allowed
        return response
    }
}
