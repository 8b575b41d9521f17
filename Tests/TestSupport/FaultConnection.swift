import Foundation
import Glibc

/// One connection of a ``FaultUpstream``.
struct FaultConnection {
    /// The fate of a connection after a request.
    private enum Next {
        case goOn
        case close
        case reset
    }

    private let socket: FaultSocket
    private var reader: HTTPRequestReader
    private var resetsNext = false

    init(_ descriptor: CInt) {
        socket = FaultSocket(descriptor)
        reader = HTTPRequestReader(descriptor)
    }

    /// Serves the connection to its end.
    ///
    /// - Parameter owner: records arrivals; returns nil once the server is gone.
    mutating func serve(_ door: FaultUpstream.Door, of owner: () -> FaultUpstream?) {
        var next: Next =
            switch door {
            case .open: .goOn
            case .reset: .reset
            case .close: .close
            case .idleFor(let pause): socket.hasMore(within: pause) ? .goOn : .close
            }
        while case .goOn = next { next = serveRequest(owner) }
        guard case .close = next else {
            socket.resetOnClose()
            close(socket.descriptor)
            owner()?.noteEnd()
            return
        }
        socket.endSending()
        owner()?.noteEnd()
        var late = HTTPRequestReader(alreadyRead: reader.pending + socket.readRest())
        while let request = try? late.next() { owner()?.note(request, nil) }
        close(socket.descriptor)
    }

    private mutating func serveRequest(_ owner: () -> FaultUpstream?) -> Next {
        // Counts as arrived, although it is never read.
        var unread = HTTPRequestReader(alreadyRead: socket.peek())
        if let request = try? unread.next(), case .resetUnread = UpstreamFault.asked(by: request).fault {
            owner()?.note(request, .resetUnread)
            return .reset
        }
        guard let request = try? reader.next(), let upstream = owner() else { return .reset }
        var (fault, pause) = UpstreamFault.asked(by: request)
        if resetsNext { fault = .resetBeforeHead }
        upstream.note(request, fault)
        upstream.waitWhileHolding()
        if let given = upstream.givenAnswer { return socket.send(given) ? .goOn : .close }
        return answer(fault, pause, request.credential)
    }

    private mutating func answer(_ fault: UpstreamFault, _ pause: Int, _ credential: String) -> Next {
        if fault == .delayed { usleep(UInt32(pause)) }
        guard socket.send(FaultAnswer.bytes(fault, for: credential)) else { return .close }
        switch fault {
        case .resetUnread, .resetBeforeHead, .resetInHead, .resetInBody: return .reset
        case .closeBeforeHead, .truncated, .notHTTP, .announcedClose: return .close
        case .closeWhenIdle: return socket.hasMore(within: pause) ? .goOn : .close
        case .resetWhenIdle: return socket.hasMore(within: pause) ? .goOn : .reset
        case .resetNextRequest: resetsNext = true
        case .noAnswer: _ = socket.hasMore(within: 60_000_000)
        case .slowHead: socket.trickle("HTTP/1.1 200 OK\r\nX-Slow: ", "x", everyMicroseconds: 50_000)
        case .slowBody: socket.trickle("", " ", everyMicroseconds: 50_000)
        case .endlessHead: socket.flood("HTTP/1.1 200 OK\r\n", "X-Field: \(String(repeating: "x", count: 999))\r\n")
        case .endlessBody:
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            socket.flood(head, "400\r\n\(String(repeating: " ", count: 1_024))\r\n")
        default: break
        }
        return .goOn
    }
}
