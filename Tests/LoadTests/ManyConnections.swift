import Foundation
import Glibc
import TestSupport

/// Sends one request on each of many connections, from one thread. A connection ends when its peer closes it.
struct ManyConnections: ~Copyable {
    /// Where to connect, and so which protocol to speak.
    enum Peer {
        /// The responder's unix socket: FastCGI.
        case responder(String)
        /// nginx's port on 127.0.0.1: HTTP.
        case nginx(Int)
    }

    /// Everything received on one connection until its peer closed it.
    struct Received: Sendable {
        let bytes: Data
        /// Measured from when the request was sent.
        let duration: Duration

        /// The bytes as an HTTP answer; nil if they are not one.
        var http: HTTPAnswer? { HTTPAnswer(bytes) }
    }

    private let peer: Peer
    private let keepsAnswers: Bool
    private var answers: [CInt: Data] = [:]
    private var started: [CInt: ContinuousClock.Instant] = [:]
    /// The bytes received on each ended connection, if answers are kept.
    private(set) var received: [Received] = []
    /// How many answers had each status; 0 is for connections that were closed without an answer.
    private(set) var statuses: [Int: Int] = [:]

    init(to peer: Peer, keepsAnswers: Bool = false) {
        self.peer = peer
        self.keepsAnswers = keepsAnswers
    }

    deinit {
        for descriptor in answers.keys { close(descriptor) }
    }

    /// How many connections the peer has not closed.
    var count: Int { answers.count }

    /// Connects and sends the request; without one, stays silent.
    mutating func open(sending request: Data = Data()) throws {
        let descriptor =
            switch peer {
            case .responder(let path): try Sockets.connect(path: path)
            case .nginx(let port): try Sockets.connect(port: port)
            }
        answers[descriptor] = Data()
        if keepsAnswers { started[descriptor] = .now }
        // If the peer has closed already, reading shows it: that counts as no answer.
        if !request.isEmpty { try? Sockets.sendAll(descriptor, request) }
    }

    /// Opens a connection to nginx every five milliseconds, whatever happens to earlier ones.
    ///
    /// - Parameter request: makes each connection's request from its number.
    static func send(
        to port: Int,
        until stopSign: StopSign,
        _ request: (Int) -> Data
    ) throws -> (statuses: [Int: Int], rate: Double) {
        var clients = ManyConnections(to: .nginx(port))
        let started = ContinuousClock.now
        var sent = 0
        while !stopSign.isUp, sent < 20_000 {
            try clients.open(sending: request(sent))
            sent += 1
            try clients.read(until: started + .milliseconds(5) * sent)
        }
        let rate = Double(sent) / ((ContinuousClock.now - started) / .seconds(1))
        try clients.read(until: .now + .seconds(20))
        return (clients.statuses, rate)
    }

    /// Closes all connections, as if the clients had left.
    mutating func leave() {
        for descriptor in answers.keys { close(descriptor) }
        answers = [:]
    }

    /// Reads until the peer has closed all connections, or until the deadline.
    mutating func read(until deadline: ContinuousClock.Instant) throws {
        repeat {
            var polled = answers.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let left = max(.zero, deadline - .now)
            let ready = try Sockets.check(
                "poll",
                Int(poll(&polled, nfds_t(polled.count), CInt(left / .milliseconds(1))))
            )
            guard ready > 0 else { continue }
            for entry in polled where entry.revents != 0 { read(entry.fd) }
        } while !answers.isEmpty && ContinuousClock.now < deadline
    }

    private mutating func read(_ descriptor: CInt) {
        let part = (try? Sockets.receive(descriptor)) ?? Data()
        if !part.isEmpty {
            answers[descriptor]?.append(part)
            return
        }
        close(descriptor)
        if let start = started.removeValue(forKey: descriptor) {
            received.append(Received(bytes: answers[descriptor] ?? Data(), duration: .now - start))
        }
        let answer = answers.removeValue(forKey: descriptor) ?? Data()
        let status =
            switch peer {
            case .responder: FastCGIAnswer(Array(answer))?.status
            case .nginx: HTTPAnswer(answer)?.status
            }
        statuses[status ?? 0, default: 0] += 1
    }
}
