import Foundation

/// Parses the requests of one HTTP/1.1 connection, one after the other. Knows only bodies with a `Content-Length`,
/// which is what the backend sends.
struct HTTPRequestReader {
    private let descriptor: CInt?
    /// The bytes of an incomplete request.
    private(set) var pending: Data

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        pending = Data()
    }

    /// For bytes that were read before, followed by the end of the connection.
    init(alreadyRead bytes: Data) {
        descriptor = nil
        pending = bytes
    }

    /// Waits for the next request and reads it.
    ///
    /// - Returns: nil at the end of the connection.
    /// - Throws: ``TestSupportError`` if the connection was reset.
    mutating func next() throws -> ReceivedRequest? {
        let emptyLine = Data("\r\n\r\n".utf8)
        while pending.range(of: emptyLine) == nil { guard try readMore() else { return nil } }
        guard let end = pending.range(of: emptyLine) else { return nil }
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        let length = ReceivedRequest(head: head, body: Data())["Content-Length"].first.flatMap { Int($0) } ?? 0
        while pending.distance(from: end.upperBound, to: pending.endIndex) < length {
            guard try readMore() else { return nil }
        }
        let body = Data(pending[end.upperBound...].prefix(length))
        pending = Data(pending[end.upperBound...].dropFirst(length))
        return ReceivedRequest(head: head, body: body)
    }

    private mutating func readMore() throws -> Bool {
        guard let descriptor else { return false }
        let part = try Sockets.receive(descriptor)
        pending.append(part)
        return !part.isEmpty
    }
}
