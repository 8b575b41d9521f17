import Logging
import NIOCore
import NIOHTTP1

/// One connection: collects each request, and answers it after the delay and with the fault that are wanted.
///
/// A peer that closes only its sending side closes the connection, as NIO has it by default: a call that is never answered
/// ends with its caller.
final class SandboxConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes of a body; far more than the backend may send.
    private static let bodyLimit = 1_048_576

    private let sandbox: Sandbox
    private let date: HTTPDate
    private let logger: Logger
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ sandbox: Sandbox, date: HTTPDate, logger: Logger) {
        self.sandbox = sandbox
        self.date = date
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body = []
        case .body(let bytes):
            if self.body.count <= Self.bodyLimit { self.body += bytes.readableBytesView }
        case .end:
            guard let head = self.head.take() else { return }
            self.answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = String(head.uri.prefix { $0 != "?" })
        if self.body.count > Self.bodyLimit {
            let message = "no more than \(Self.bodyLimit) bytes"
            self.send(.failure(code: 413, reason: "payload_too_large", message: message), to: head, context)
        } else if let call = TikiCall(requestPath: path) {
            guard head.method == .POST else { return self.send(.methodNotAllowed("POST"), to: head, context) }
            self.answer(call, head, context)
        } else {
            let control = ControlEndpoints(sandbox: self.sandbox)
            let response = control.answer(method: head.method, path: path, body: self.body)
            self.send(
                response ?? .failure(code: 404, reason: "not_found", message: "no such path"),
                to: head,
                context
            )
        }
    }

    private func answer(_ call: TikiCall, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let reply = self.sandbox.receive(call, headers: CallHeaders(head.headers), body: self.body)
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
        guard delay > 0 else { return self.deliver(reply, to: head, context) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(delay))) {
            if context.channel.isActive { self.deliver(reply, to: head, context) }
        }
    }

    /// What goes over the wire, with the fault that the script wants.
    private func deliver(_ reply: Sandbox.Reply, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let closes = reply.fault?.closesConnection ?? false
        let whole = SandboxResponse.json(reply.answer.body, status: reply.answer.status)
        switch reply.fault?.spoil {
        case nil:
            self.send(whole, to: head, context, closes: closes)
        case .status(let status, let body, let contentType):
            let error = TikiError(code: status, reason: "sandbox_fault", message: "scripted by the sandbox")
            let body = ByteBuffer(string: body ?? TikiAnswer.failure(error).body)
            let type = contentType ?? "application/json"
            self.send(SandboxResponse(status: status, contentType: type, body: body), to: head, context, closes: closes)
        case .cutBeforeHead:
            context.close(promise: nil)
        case .cutInBody:
            let half = whole.body.getSlice(at: 0, length: whole.body.readableBytes / 2)
            self.sendHead(whole, length: whole.body.readableBytes, to: head, context)
            self.write(.body(.byteBuffer(half ?? ByteBuffer())), context) { context.close(promise: nil) }
        case .garbage:
            let garbage = ByteBuffer(bytes: [0xFF, 0xFE, 0x00] + Array("{no JSON".utf8))
            self.send(SandboxResponse(status: 200, body: garbage), to: head, context, closes: closes)
        case .garbageHTTP:
            self.sendPastHTTP(ByteBuffer(string: "\u{1}\u{2}ICY 2OO no HTTP at all\r\n\r\n"), context)
        case .noAnswer:
            break
        case .oversize(let bytes):
            let padding = max(0, bytes + 1 - whole.body.readableBytes)
            self.sendHead(whole, length: whole.body.readableBytes + padding, to: head, context)
            self.write(.body(.byteBuffer(whole.body)), context) { self.pad(padding, context) }
        }
    }

    /// White space in pieces, so that a large answer is never in memory as a whole.
    private func pad(_ count: Int, _ context: ChannelHandlerContext) {
        guard count > 0 else { return self.write(.end(nil), context) {} }
        let piece = min(count, 65_536)
        let spaces = ByteBuffer(repeating: UInt8(ascii: " "), count: piece)
        self.write(.body(.byteBuffer(spaces)), context) { self.pad(count - piece, context) }
    }

    private func send(
        _ response: SandboxResponse,
        to head: HTTPRequestHead,
        _ context: ChannelHandlerContext,
        closes: Bool = false
    ) {
        let closes = closes || !head.isKeepAlive
        var response = response
        if closes { response.headers.replaceOrAdd(name: "Connection", value: "close") }
        // These two never have a body (RFC 9110, sections 15.3.5 and 15.4.5).
        let hasBody = response.status != 204 && response.status != 304
        self.sendHead(response, length: hasBody ? response.body.readableBytes : nil, to: head, context)
        if hasBody, head.method != .HEAD {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        // Closed once the socket has taken everything: a slow reader would see a cut.
        self.write(.end(nil), context) { if closes { context.close(promise: nil) } }
    }

    private func sendHead(
        _ response: SandboxResponse,
        length: Int?,
        to head: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        var headers = response.headers
        headers.replaceOrAdd(name: "Date", value: self.date.text(milliseconds: self.sandbox.settings.clock.now))
        if let length { headers.replaceOrAdd(name: "Content-Length", value: String(length)) }
        let status = HTTPResponseStatus(statusCode: response.status)
        let answer = HTTPResponseHead(version: head.version, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(answer)), promise: nil)
    }

    /// - Parameter then: called once the socket has taken all that was written; not if the peer has gone.
    private func write(
        _ part: HTTPServerResponsePart,
        _ context: ChannelHandlerContext,
        then: @escaping () -> Void
    ) {
        context.writeAndFlush(self.wrapOutboundOut(part)).assumeIsolated().whenSuccess(then)
    }

    /// Sends bytes that no HTTP encoder would let through, and closes.
    private func sendPastHTTP(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else {
            return context.close(promise: nil)
        }
        encoder.writeAndFlush(NIOAny(bytes)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }
}
