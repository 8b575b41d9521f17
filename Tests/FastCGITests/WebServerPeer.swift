import Glibc

@testable import FastCGI

/// The web server's end of a connection. Reads give up after some seconds.
final class WebServerPeer {
    private var descriptor: CInt

    init(path: String) throws {
        descriptor = try SystemCall.run("socket") { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0) }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let descriptor = descriptor
        _ = try UnixAddress(path: path).withPointer { (pointer, length) throws(SystemCallError) in
            try SystemCall.run("connect") { connect(descriptor, pointer, length) }
        }
    }

    deinit {
        close()
    }

    func close() {
        if descriptor >= 0 { SystemCall.close(descriptor) }
        descriptor = -1
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try SystemCall.run("send") {
                rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads until the connection ends.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try SystemCall.run("recv") { recv(descriptor, &buffer, buffer.count, 0) }
            if count == 0 { return all }
            all += buffer[..<count]
        }
    }

    /// Reads an answer to its end.
    func receive() throws -> Answer { Answer(try receiveAll()) }

    /// Sends a request and reads the answer.
    func exchange(_ request: [UInt8] = FastCGIBytes.request()) throws -> Answer {
        try send(request)
        return try receive()
    }

    /// An answer's records, taken apart.
    struct Answer {
        var document: [UInt8] = []
        var ends = 0
        var isWellFormed = true

        init(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let header = Array(rest.prefix(8))
                guard header.count == 8, header[0] == 1 else {
                    isWellFormed = false
                    return
                }
                let length = Int(header[4]) << 8 | Int(header[5])
                let content = rest.dropFirst(8).prefix(length)
                if header[1] == 6 { document += content }
                if header[1] == 3 { ends += 1 }
                if content.count < length { isWellFormed = false }
                rest = rest.dropFirst(8 + length + Int(header[6]))
            }
        }

        var text: String { String(decoding: document, as: UTF8.self) }
        /// What stands behind the header fields.
        var body: String { text.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) ?? "" }
    }
}
