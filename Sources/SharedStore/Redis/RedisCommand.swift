import CHiredis
import NIOCore

/// A command with its arguments, encoded to be sent (RESP2: an array of bulk strings).
struct RedisCommand: Sendable {
    let bytes: ByteBuffer

    /// - Parameter arguments: the command's name first.
    init(_ arguments: [[UInt8]]) {
        let lengths = arguments.map(\.count)
        let joined = arguments.flatMap(\.self)
        var formatted: UnsafeMutablePointer<CChar>?
        let length = joined.withUnsafeBytes { joined -> Int in
            // Never read if there are no bytes, but hiredis wants an address.
            let start = joined.assumingMemoryBound(to: CChar.self).baseAddress
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = lengths.map { length in
                defer { offset += length }
                return start.map { $0 + offset }
            }
            return Int(redisFormatCommandArgv(&formatted, CInt(lengths.count), &pointers, lengths))
        }
        defer { redisFreeCommand(formatted) }
        // hiredis returns -1 if it cannot allocate memory.
        precondition(length >= 0, "out of memory")
        bytes = ByteBuffer(bytes: UnsafeRawBufferPointer(start: formatted, count: length))
    }

    init(_ arguments: String...) {
        self.init(arguments.map { Array($0.utf8) })
    }
}
