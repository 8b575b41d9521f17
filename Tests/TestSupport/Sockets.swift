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

    /// Binds to a port of 127.0.0.1; 0 for a free one.
    ///
    /// - Returns: the port's number.
    package static func bindLoopback(_ descriptor: CInt, port: Int = 0) throws -> Int {
        // If something listened on the port a moment ago, its connections may linger.
        if port != 0 { try allowReuse(descriptor) }
        try withLoopback(port: port) { _ = try check("bind", Int(bind(descriptor, $0, $1))) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = try check("getsockname", Int(getsockname(descriptor, $0, &length)))
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Lets another socket that also allows it use the same port, as long as only one listens.
    package static func allowReuse(_ descriptor: CInt) throws {
        var on: CInt = 1
        let length = socklen_t(MemoryLayout<CInt>.size)
        _ = try check("setsockopt", Int(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, length)))
    }

    package static func withLoopback<Result>(
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
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

    /// A connection to a port of 127.0.0.1.
    package static func connect(port: Int, timeout seconds: Int? = nil) throws -> CInt {
        try connect(AF_INET, seconds) { descriptor in
            withLoopback(port: port) { Glibc.connect(descriptor, $0, $1) }
        }
    }

    /// A connection to a unix socket.
    package static func connect(path: String, timeout seconds: Int? = nil) throws -> CInt {
        try connect(AF_UNIX, seconds) { descriptor in
            try withUnixAddress(path) { Glibc.connect(descriptor, $0, $1) }
        }
    }

    private static func connect(_ family: CInt, _ timeout: Int?, _ call: (CInt) throws -> CInt) throws -> CInt {
        let descriptor = try make(family)
        do {
            if let timeout { setTimeout(descriptor, seconds: timeout) }
            _ = try check("connect", Int(call(descriptor)))
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Limits how long connecting, reads and writes block.
    static func setTimeout(_ descriptor: CInt, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
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
