import FastCGI
import Glibc
import Logging
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
        let head = FastCGIRequest.Head(acceptedAt: .now, param: param)
        let request = readRequest(head, param)
        let eventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let exporter = PrometheusExporter(help: Metric.help)
        var service = configuration.service
        // For one call, a connection kept ready is useless.
        service.upstream.warmConnections = 0
        let auth = try AuthService(service, eventLoop: eventLoopGroup.any(), logger: logger, metrics: exporter)
        let handler = RequestHandler(
            service: auth,
            validation: configuration.validation,
            shutdown: ShutdownFlag(),
            exporter: exporter,
            log: RequestLog(logger: logger, project: configuration.googleCloudProject)
        )
        await withCheckedContinuation { continuation in
            handler.handle(request, ResponseWriter(cgi: STDOUT_FILENO, head: head) { continuation.resume() })
        }
        // The reader of the answer may wait for its end.
        close(STDOUT_FILENO)
        try await auth.close()
        try await eventLoopGroup.shutdownGracefully()
    }

    /// Of a body over the limit, only one byte too many is read, so that the handler refuses it.
    private func readRequest(_ head: FastCGIRequest.Head, _ param: (StaticString) -> String?) -> FastCGIRequest {
        let body = readBody(head)
        guard body.count == configuration.limits.maxStdinBytes else { return FastCGIRequest(head: head, body: body) }
        let cut = FastCGIRequest.Head(acceptedAt: head.acceptedAt) { name in
            name.description == "CONTENT_LENGTH" ? String(body.count) : param(name)
        }
        return FastCGIRequest(head: cut, body: body)
    }

    /// RFC 3875 section 4.2: as many bytes as announced, and no more. A length that is not a number is for the handler to
    /// refuse.
    private func readBody(_ head: FastCGIRequest.Head) -> [UInt8] {
        guard let length = head.contentLength.flatMap({ UInt32($0) }) else { return [] }
        let count = min(Int(length), configuration.limits.maxStdinBytes)
        var body = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let received = body.withUnsafeMutableBytes { bytes in
                let rest = bytes[filled...]
                return read(STDIN_FILENO, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            }
            if received < 0, errno == EINTR { continue }
            guard received > 0 else { break }
            filled += received
        }
        return Array(body.prefix(filled))
    }
}
