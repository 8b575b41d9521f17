import CHiredis
import NIOCore

/// Parses a stream of bytes into replies with hiredis, within a limit.
final class RedisReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    /// hiredis' own functions, except for the one that makes arrays.
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let maxBytes: Int
    /// Bytes received since the last complete reply.
    private var bytes = 0

    /// - Parameter maxBytes: of one reply. One buffer may hold more.
    init(maxBytes: Int) {
        guard let reader = redisReaderCreate() else { preconditionFailure("out of memory") }
        self.reader = reader
        self.maxBytes = maxBytes
        functions = .allocate(capacity: 1)
        functions.initialize(to: reader.pointee.fn.pointee)
        functions.pointee.createArray = chiredis_create_array
        reader.pointee.fn = functions
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Takes bytes as they arrived.
    func feed(_ buffer: ByteBuffer) throws(RedisFailure) {
        bytes += buffer.readableBytes
        let code = buffer.withUnsafeReadableBytes { redisReaderFeed(reader, $0.baseAddress, $0.count) }
        guard code == REDIS_OK else { throw .notRedis }
    }

    /// The next reply; nil if it is not complete.
    func next() throws(RedisFailure) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw .notRedis }
        guard let reply else {
            guard bytes <= maxBytes else { throw .tooLarge }
            return nil
        }
        defer { freeReplyObject(reply) }
        let rest = reader.pointee.len - reader.pointee.pos
        let size = bytes - rest
        bytes = rest
        guard size <= maxBytes else { throw .tooLarge }
        guard let converted = Self.convert(reply.assumingMemoryBound(to: redisReply.self)) else { throw .notRedis }
        return converted
    }

    /// Returns nil for types that RESP2 does not have. hiredis limits how deep arrays are nested.
    private static func convert(_ reply: UnsafePointer<redisReply>) -> RedisReply? {
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: return .string(bytes(of: reply))
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(RedisErrorReply(String(decoding: bytes(of: reply), as: UTF8.self)))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            for index in 0..<reply.pointee.elements {
                guard let element = reply.pointee.element[index], let converted = convert(element) else { return nil }
                elements.append(converted)
            }
            return .array(elements)
        default: return nil
        }
    }

    private static func bytes(of reply: UnsafePointer<redisReply>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len))
    }
}
