import NIOCore
import Text

/// The first bytes that a server sends on a connection. They show which protocol it speaks.
struct FirstBytes: Equatable {
    /// Why reading ended.
    enum End: Equatable {
        /// There are enough bytes.
        case enough
        /// The server has closed the connection.
        case closed
        /// Time ran out while the connection was open.
        case timeout
    }

    /// Bytes of an answer's head at most.
    private static let limit = 16_384
    private static let startOfHTTP = Array("HTTP/".utf8)

    var bytes: [UInt8] = []
    var end = End.enough

    /// Whether reading can end: the HTTP head is complete, or the bytes are not HTTP.
    var isEnough: Bool {
        guard bytes.count >= Self.startOfHTTP.count else { return !Self.startOfHTTP.starts(with: bytes) }
        return !isHTTP || head != nil || bytes.count > Self.limit
    }

    var isHTTP: Bool { bytes.starts(with: Self.startOfHTTP) }

    /// An alert or a handshake record of TLS (RFC 8446 section 5.1).
    var isTLS: Bool { bytes.count > 1 && (0x15...0x16).contains(bytes[0]) && bytes[1] == 3 }

    /// The `Date` field of an HTTP answer, as it came; nil if it is missing.
    var date: String? {
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "date" else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        }
        return nil
    }

    private var lines: [Substring] {
        String(decoding: head ?? bytes[...], as: UTF8.self).split { $0 == "\r\n" || $0 == "\n" }
    }

    /// The head up to the empty line; nil if that has not arrived.
    private var head: ArraySlice<UInt8>? {
        var position = bytes.startIndex
        while let newline = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
            let rest = bytes[(newline + 1)...]
            if rest.starts(with: "\n".utf8) || rest.starts(with: "\r\n".utf8) { return bytes[...newline] }
            position = newline + 1
        }
        return nil
    }
}

/// Reads the first bytes on a channel, and hides them from later handlers.
final class FirstBytesReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<FirstBytes>
    private var first = FirstBytes()

    init(_ done: EventLoopPromise<FirstBytes>) {
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        first.bytes += unwrapInboundIn(data).readableBytesView
        if first.isEnough { finish(.enough) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(.closed) }

    func channelInactive(context: ChannelHandlerContext) { finish(.closed) }

    private func finish(_ end: FirstBytes.End) {
        first.end = end
        done.succeed(first)
    }
}
