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
        let delay = self.sandbox.settings.delayMilliseconds
        guard delay > 0 else { return self.deliver(reply, to: head, context) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(delay))) {
            if context.channel.isActive { self.deliver(reply, to: head, context) }
        }
    }

    /// What goes over the wire, with the fault that the script wants.
    private func deliver(_ reply: Sandbox.Reply, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let whole = SandboxResponse.json(reply.answer.body, status: reply.answer.status)
        switch reply.fault?.spoil {
        case nil:
            self.send(whole, to: head, context)
        case .status(let status, let body, let contentType):
            let error = TikiError(code: status, reason: "sandbox_fault", message: "scripted by the sandbox")
            let body = ByteBuffer(string: body ?? TikiAnswer.failure(error).body)
            let type = contentType ?? "application/json"
            self.send(SandboxResponse(status: status, contentType: type, body: body), to: head, context)
        case .garbage:
            let garbage = ByteBuffer(bytes: [0xFF, 0xFE, 0x00] + Array("{no JSON".utf8))
            self.send(SandboxResponse(status: 200, body: garbage), to: head, context)
        case .noAnswer:
            break
        }
    }

    private func send(_ response: SandboxResponse, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let closes = !head.isKeepAlive
        var response = response
        if closes { response.headers.replaceOrAdd(name: "Connection", value: "close") }
        // These two never have a body (RFC 9110, sections 15.3.5 and 15.4.5).
        let hasBody = response.status != 204 && response.status != 304
        if hasBody {
            response.headers.replaceOrAdd(name: "Content-Length", value: String(response.body.readableBytes))
        }
        response.headers.replaceOrAdd(
            name: "Date",
            value: self.date.text(milliseconds: self.sandbox.settings.clock.now)
        )
        let status = HTTPResponseStatus(statusCode: response.status)
        let answer = HTTPResponseHead(version: head.version, status: status, headers: response.headers)
        context.write(self.wrapOutboundOut(.head(answer)), promise: nil)
        if hasBody, head.method != .HEAD {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        // Closed once the socket has taken everything: a slow reader would see a cut.
        let sent = context.writeAndFlush(self.wrapOutboundOut(.end(nil))).assumeIsolated()
        if closes { sent.whenComplete { _ in context.close(promise: nil) } }
    }
}
