import FastCGI
import Glibc
import Logging
import NIOCore
import NIOPosix
import TiniAppAuth

/// Answers one request as plain CGI (RFC 3875), for hosts that offer nothing else.
struct CGIProgram {
    let configuration: Configuration
    let environment: Environment
    let logger: Logger

    /// Whether a web server has started this process for one request. Nobody else sets both, and no socket is passed.
    static func isMeant(by environment: Environment) -> Bool {
        environment["GATEWAY_INTERFACE"] != nil && environment["REQUEST_METHOD"] != nil
            && !ListeningSocket.isPassed(listenPID: environment["LISTEN_PID"], listenFDs: environment["LISTEN_FDS"])
            && !ListeningSocket.isStandardInput
    }

    /// Reads the request from standard input and writes the answer to standard output.
    func run() async throws {
        // Where the program lies (`SCRIPT_NAME`) is the host's choice; the routes begin after it.
        let hasPathInfo = environment["PATH_INFO"] != nil
        func param(_ name: StaticString) -> String? {
            hasPathInfo && name.description == "SCRIPT_NAME" ? nil : environment[name.description]
        }
        let head = FastCGIRequest.Head(acceptedAt: .now(), ownParam: RequestHandler.internalPaths, param: param)
        let request = readRequest(head)
        var configuration = configuration
        // For one call, a connection kept ready is useless.
        configuration.service.upstream.warmConnections = 0
        let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = eventLoopGroup.any()
        let handler = try await eventLoop.submit { [configuration] in
            let handler = try RequestHandler(configuration, eventLoop: eventLoop, logger: logger)
            return NIOLoopBound(handler, eventLoop: eventLoop)
        }.get()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            eventLoop.execute {
                let writer = ResponseWriter(head: head) { response, delivered in
                    delivered(Self.write(response.document) ? .sent : .peerGone)
                    continuation.resume()
                }
                handler.value.handle(request, writer)
            }
        }
        // The reader of the answer may wait for its end.
        close(STDOUT_FILENO)
        try await eventLoop.flatSubmit { handler.value.service.close() }.get()
        try await eventLoopGroup.shutdownGracefully()
    }

    /// RFC 3875 section 4.2: as many bytes as announced, and no more. A length that is not a number is for the handler to
    /// refuse. Without a length one byte tells whether there is a body, as when Apache passes a chunked one.
    private func readRequest(_ head: FastCGIRequest.Head) -> FastCGIRequest {
        let announced = head.contentLength.map { UInt32($0) ?? 0 }
        let count = announced.map(Int.init) ?? (head.method == "POST" ? 1 : 0)
        guard count > 0 else {
            return FastCGIRequest(head: head)
        }
        guard count <= configuration.limits.maxStdinBytes else {
            return FastCGIRequest(head: head, bodyRefusal: .tooLarge)
        }
        // Nothing before this process bounds the time, so REQUEST_TIMEOUT counts here, too.
        let timeout = min(TimeAmount(configuration.limits.arrivalTimeout), configuration.service.requestTimeout)
        guard let body = readBody(count, until: head.acceptedAt + timeout) else {
            return FastCGIRequest(head: head, bodyRefusal: .late)
        }
        return FastCGIRequest(head: head, body: body)
    }

    /// Writes to standard output, and waits for its reader.
    ///
    /// - Returns: whether it has taken all of it.
    private static func write(_ document: [UInt8]) -> Bool {
        var rest = document[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// - Returns: the input up to its end, at most this many bytes; nil if it did not all come in time.
    private func readBody(_ count: Int, until deadline: NIODeadline) -> [UInt8]? {
        var body: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: count)
        while body.count < count {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, deadline - .now())
            let ready = poll(&input, 1, CInt(left.nanoseconds / 1_000_000))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let received = read(STDIN_FILENO, &buffer, count - body.count)
            guard received > 0 else { break }
            body += buffer.prefix(received)
        }
        return body
    }
}
