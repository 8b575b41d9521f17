import NIOCore
import Text

/// What a server says first on a connection, and by that which protocol it speaks.
struct FirstBytes: Equatable {
    /// What followed what is kept.
    enum End: Equatable {
        /// As much as there needs to be.
        case enough
        /// The server has closed the connection.
        case closed
        /// The time was over, and the connection still open.
        case timeout
    }

    /// Bytes of an answer's head at most.
    private static let limit = 16_384
    private static let startOfHTTP = Array("HTTP/".utf8)

    var bytes: [UInt8] = []
    var end = End.enough

    /// Whether nothing more is needed: a whole head of HTTP, or what is none.
    var isEnough: Bool {
        guard bytes.count >= Self.startOfHTTP.count else { return !Self.startOfHTTP.starts(with: bytes) }
        return !isHTTP || head != nil || bytes.count > Self.limit
    }

    var isHTTP: Bool { bytes.starts(with: Self.startOfHTTP) }

    /// An alert or a handshake record of TLS (RFC 8446 section 5.1).
    var isTLS: Bool { bytes.count > 1 && (0x15...0x16).contains(bytes[0]) && bytes[1] == 3 }

    /// The status of an answer of HTTP; nil if it is none.
    var status: Int? {
        guard isHTTP, let line = lines.first else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    /// The `Date` field of an answer of HTTP, as it came; nil if it has none.
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

    /// Up to the empty line; nil if that has not come.
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

/// Reads the first bytes on a channel, and hides them from the handlers behind.
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
