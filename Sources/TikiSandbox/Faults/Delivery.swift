import Hummingbird
import NIOCore

/// Thrown instead of a response, or in the middle of its body: the server then closes the connection.
struct Disconnect: Error {}

/// Turns a reply into what goes over the wire, with the fault that the script wants.
struct Delivery: Sendable {
    let reply: Sandbox.Reply

    /// The response. Throws `Disconnect` if the connection is to end without one, or after bytes that are not HTTP.
    func response(on channel: any Channel) async throws -> Response {
        guard let spoil = self.reply.fault?.spoil else {
            return .json(self.reply.answer.body, status: self.reply.answer.status)
        }
        switch spoil {
        case .status(let status, let body, let contentType):
            return self.scriptedStatus(status, body: body, contentType: contentType)
        case .cutBeforeHead:
            throw Disconnect()
        case .cutInBody:
            return self.halfAnAnswer
        case .garbage:
            return self.response(status: 200, body: ByteBuffer(bytes: [0xFF, 0xFE, 0x00] + Array("{no JSON".utf8)))
        case .garbageHTTP:
            try await RawBytes.send("\u{1}\u{2}ICY 2OO no HTTP at all\r\n\r\n", on: channel)
            throw Disconnect()
        case .noAnswer:
            await self.waitForTheCallerToGo(channel)
            throw Disconnect()
        case .oversize(let bytes):
            return self.oversize(bytes)
        }
    }

    private func response(status: Int, contentType: String = "application/json", body: ByteBuffer) -> Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: body)
        )
    }

    private func scriptedStatus(_ status: Int, body: String?, contentType: String?) -> Response {
        // These two never have a body (RFC 9110, sections 15.3.5 and 15.4.5).
        if status == 204 || status == 304 { return Response(status: .init(code: status)) }
        let error = TikiError(code: status, reason: "sandbox_fault", message: "scripted by the sandbox")
        let text = body ?? TikiAnswer.failure(error).body
        return self.response(
            status: status,
            contentType: contentType ?? "application/json",
            body: ByteBuffer(string: text)
        )
    }

    private var halfAnAnswer: Response {
        let whole = Array(self.reply.answer.body.utf8)
        let half = ByteBuffer(bytes: whole.prefix(whole.count / 2))
        let body = ResponseBody(contentLength: whole.count) { writer in
            try await writer.write(half)
            throw Disconnect()
        }
        return Response(
            status: .init(code: self.reply.answer.status),
            headers: [.contentType: "application/json"],
            body: body
        )
    }

    /// Holds only the connection, until the caller closes its side (see `ClosesWithPeer`) or the sandbox stops.
    private func waitForTheCallerToGo(_ channel: any Channel) async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Streams the white space, so that a large answer is never in memory as a whole.
    private func oversize(_ bytes: Int) -> Response {
        let answer = ByteBuffer(string: self.reply.answer.body)
        let padding = max(0, bytes + 1 - answer.readableBytes)
        let body = ResponseBody(contentLength: answer.readableBytes + padding) { writer in
            try await writer.write(answer)
            let spaces = ByteBuffer(repeating: UInt8(ascii: " "), count: min(padding, 65_536))
            var left = padding
            while left > 0 {
                let count = min(left, spaces.readableBytes)
                try await writer.write(spaces.getSlice(at: 0, length: count) ?? spaces)
                left -= count
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .init(code: self.reply.answer.status),
            headers: [.contentType: "application/json"],
            body: body
        )
    }
}
