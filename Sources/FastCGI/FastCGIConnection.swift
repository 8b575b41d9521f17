import Glibc
import NIOCore

/// One connection from the web server, at the end of its channel's pipeline. Carries one request at a time.
final class FastCGIConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection is busy with. It decides what bytes that arrive mean, and what becomes of the connection next.
    enum Phase: Equatable {
        /// Its request has not arrived complete.
        case receiving
        /// A request waits for its answer, after which the connection stays open or closes.
        case answering(staysOpen: Bool)
        /// The web server keeps it for another request. Only the web server may close it now: a request that it sends at
        /// that moment would be lost.
        case kept
        /// It is closed, or closes once its answer has been written.
        case ended

        /// Whether the web server keeps it for further requests (`FCGI_KEEP_CONN`, FastCGI specification, section 5.1).
        var isKept: Bool { self == .kept || self == .answering(staysOpen: true) }
    }

    private let server: FastCGIServer
    private var context: ChannelHandlerContext?
    private var gate: ConnectionGate?
    /// When it was accepted; where it is kept, when the first bytes of this request came.
    private var acceptedAt = NIODeadline.now()
    /// When the request must have arrived complete.
    private(set) var deadline = NIODeadline.now()
    private(set) var phase = Phase.ended {
        didSet { if phase != oldValue { server.connection(self, changedFrom: oldValue) } }
    }
    /// Ends it where the web server does not read its answer.
    private var writeTimer: Scheduled<Void>?
    /// Its place among those that wait, or that are kept.
    var place = ConnectionList.Place()
    /// Bytes that have arrived of a request that is not complete, as the server has counted them.
    var countedBytes = 0

    init(_ server: FastCGIServer) {
        self.server = server
    }

    /// Bytes that have arrived of a request that is not complete.
    var receivedBytes: Int { gate?.byteCount ?? 0 }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        beginReceiving()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        // The channel keeps its read buffer. Codes and tokens do not stay there until a longer request overwrites them.
        defer { bytes.wipe() }
        switch phase {
        case .receiving: receive(bytes)
        case .kept:
            beginReceiving()
            receive(bytes)
        case .answering: hasBroken(context)
        case .ended: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        if case .answering = phase { hasBroken(context) } else { close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .ended
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    /// Closes it. A request that waits for its answer goes on without it.
    func close() {
        phase = .ended
        context?.close(promise: nil)
    }

    /// The time for the request is up: answers it if only its body is missing.
    ///
    /// - Returns: whether the connection was closed.
    func expire() -> Bool {
        guard gate?.endWithoutBody() == true else {
            close()
            return true
        }
        handOver()
        return false
    }

    /// The web server has sent something, or has gone, while a request is in flight: the answer to that request is the
    /// last. Nothing more is read.
    private func hasBroken(_ context: ChannelHandlerContext) {
        phase = .answering(staysOpen: false)
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    private func beginReceiving() {
        server.makeRoomForOneMore()
        acceptedAt = .now()
        deadline = acceptedAt + TimeAmount(server.limits.arrivalTimeout)
        gate = ConnectionGate(limits: server.limits)
        phase = .receiving
    }

    private func receive(_ bytes: ByteBuffer) {
        guard let verdict = bytes.withUnsafeReadableBytes({ gate?.consume($0) }) else { return }
        if let reply = gate?.takeReply() {
            context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: reply)), promise: nil)
        }
        switch verdict {
        case .incomplete: server.hasReceivedMore(self)
        case .complete: handOver()
        case .refused(let refusal):
            server.hasRefused(refusal)
            close()
        }
    }

    /// Has the complete request decoded and answered.
    private func handOver() {
        guard let gate = gate.take() else { return }
        let (requestID, isKeepingAsked) = (gate.requestID, gate.keepsConnection)
        // The rest of a late body may still come.
        phase = .answering(staysOpen: isKeepingAsked && gate.bodyRefusal != .late && server.mayKeepOneMore)
        guard let request = server.decode(gate, acceptedAt: acceptedAt) else { return close() }
        let writer = ResponseWriter(head: request.head) { response, delivered in
            self.write(response, to: requestID, isKeepingAsked: isKeepingAsked, delivered)
        }
        server.dispatch(request, from: self, writer)
    }

    /// Writes the answer, and then keeps or closes the connection.
    private func write(
        _ response: FastCGIResponse,
        to requestID: UInt16,
        isKeepingAsked: Bool,
        _ delivered: @escaping (ResponseWriter.Delivery) -> Void
    ) {
        guard let context, case .answering(var staysOpen) = phase else {
            server.hasAnswered(self)
            return delivered(.peerGone)
        }
        staysOpen = staysOpen && !server.isShuttingDown
        phase = .answering(staysOpen: staysOpen)
        let isLast = isKeepingAsked && !staysOpen
        let records = AnswerRecords.encode(response.document, requestID: requestID, isLast: isLast)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            self.writeTimer.take()?.cancel()
            if case .answering(staysOpen: true) = self.phase { self.phase = .kept } else { self.close() }
            self.server.hasAnswered(self)
            if case .success = result { delivered(.sent) } else { delivered(.peerGone) }
        }
        context.writeAndFlush(wrapOutboundOut(records), promise: written)
        guard case .answering = phase else { return }
        // The web server does not read. It has as long for that as for sending the request.
        let timeout = TimeAmount(server.limits.arrivalTimeout)
        writeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.close() }
    }
}

extension ByteBuffer {
    /// Overwrites the readable bytes, where they are.
    fileprivate func wipe() {
        // NIO's reader may hold the same memory, but looks only at the bytes that it reads into it next. So no copy is
        // made first, as one would be for any other change.
        withUnsafeReadableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(UnsafeMutableRawPointer(mutating: start), bytes.count) }
        }
    }
}
