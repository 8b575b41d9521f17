import Foundation
import Glibc

/// System calls for sockets that throw errors. All descriptors are close-on-exec.
package enum Sockets {
    package static func check(_ name: String, _ result: Int) throws -> Int {
        guard result >= 0 else { throw TestSupportError("\(name): \(String(cString: strerror(errno)))") }
        return result
    }

    package static func make(_ family: CInt) throws -> CInt {
        CInt(try check("socket", Int(socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))))
    }

    /// Binds to a free port of 127.0.0.1.
    ///
    /// - Returns: the port's number.
    static func bindLoopback(_ descriptor: CInt) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = try check("bind", Int(bind(descriptor, $0, length)))
                _ = try check("getsockname", Int(getsockname(descriptor, $0, &length)))
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Lets another socket that also allows it use the same port, as long as only one listens.
    static func allowReuse(_ descriptor: CInt) throws {
        var on: CInt = 1
        let length = socklen_t(MemoryLayout<CInt>.size)
        _ = try check("setsockopt", Int(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, length)))
    }

    package static func withUnixAddress<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) throws -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw TestSupportError("too long for a unix socket: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// A connection to a unix socket.
    ///
    /// - Parameter seconds: how long connecting, reads and writes block at most.
    package static func connect(path: String, timeout seconds: Int? = nil) throws -> CInt {
        let descriptor = try make(AF_UNIX)
        do {
            if let seconds {
                var time = timeval(tv_sec: seconds, tv_usec: 0)
                for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                    setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
                }
            }
            try withUnixAddress(path) { _ = try check("connect", Int(Glibc.connect(descriptor, $0, $1))) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    package static func sendAll(_ descriptor: CInt, _ bytes: Data) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            rest = rest.dropFirst(try check("send", count))
        }
    }

    /// The next bytes; empty at the end.
    package static func receive(_ descriptor: CInt) throws -> Data {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = try check("recv", recv(descriptor, &buffer, buffer.count, 0))
        return Data(buffer.prefix(count))
    }
}
