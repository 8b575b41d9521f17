import CFCGI
import Glibc

/// Decides, record by record, whether a peer sends one complete, well-formed request that libfcgi may decode.
///
/// The rules are those of the FastCGI specification (sections 3.3, 3.4, 5.1, 5.2) for one responder request at a time,
/// and stricter where libfcgi is in danger: no management record reaches it (`FCGI_GET_VALUES` overruns a buffer in it),
/// no length that it cannot hold, nothing out of order, nothing after the end. The gate checks only framing. libfcgi
/// decodes the params and the body.
package struct ConnectionGate {
    /// The verdict on the bytes so far.
    package enum Verdict: Equatable, Sendable {
        /// Well-formed, and more must come.
        case incomplete
        /// ``request`` has one complete request.
        case complete
        /// Not a request that we accept. The connection must be closed.
        case refused(Refusal)
    }

    /// Why a connection is refused. The raw value is for the log.
    package enum Refusal: String, Error {
        case unsupportedVersion = "unsupported version"
        case managementRecord = "management record"
        case malformedBegin = "malformed begin-request"
        case unsupportedRole = "role is not responder"
        case anotherRequestID = "another request id"
        case unexpectedRecord = "unexpected record type"
        case aborted = "aborted by the web server"
        case malformedParams = "malformed params"
        case tooManyParams = "too many params"
        case paramsTooLarge = "params too large"
        case tooManyRecords = "too many records"
        case trailingBytes = "bytes behind the request"
    }

    private enum Phase {
        case begin
        case params
        case stdin
        case complete
    }

    /// The whole records so far, ready for libfcgi: headers and contents as they came, padding left out.
    ///
    /// Padding carries nothing (section 3.3), and libfcgi loses its place when a begin-request or an empty record is
    /// padded, although that is legal.
    package private(set) var request: [UInt8] = []
    /// The beginning of a record that has not arrived complete.
    private var unread: [UInt8] = []
    /// The answers to questions that the peer asked before its request; see ``takeReply()``.
    private var reply: [UInt8] = []
    /// Questions so far. A web server asks once.
    private var queries = 0
    private static let maxQueries = 4
    /// Whether the peer wants to send another request on the connection (`FCGI_KEEP_CONN`).
    package private(set) var keepsConnection = false
    /// Bytes of the body that ``request`` has.
    package private(set) var stdinBytes = 0
    /// Why ``request`` has no body although the peer sends one; nil if it has the body, as far as that has arrived.
    package private(set) var bodyRefusal: FastCGIRequest.BodyRefusal?

    private let limits: FastCGILimits
    private var phase = Phase.begin
    /// The peer's number for the request.
    package private(set) var requestID: UInt16 = 0
    /// Where the body's first record begins in ``request``.
    private var stdinStart = 0
    /// The content of the params stream, until that has ended.
    private var params: [UInt8] = []
    private var records = 0

    package init(limits: FastCGILimits) {
        self.limits = limits
    }

    /// Bytes that it holds.
    var byteCount: Int { request.count + params.count + unread.count }

    /// The answer to the peer's questions (`FCGI_GET_VALUES`); nil if there is nothing to send.
    package mutating func takeReply() -> [UInt8]? {
        // The usual case.
        guard !reply.isEmpty else { return nil }
        defer { reply = [] }
        return reply
    }

    /// Takes the next bytes from the peer. After anything but ``Verdict/incomplete`` only trailing bytes may follow,
    /// and they are refused.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        do throws(Refusal) {
            if unread.isEmpty {
                // The first bytes to arrive are nearly always the complete request.
                unread = Array(bytes[try takeRecords(of: bytes)...])
            } else {
                unread.append(contentsOf: bytes)
                let all = unread
                let taken = all.withUnsafeBytes { bytes in
                    Result { () throws(Refusal) in try takeRecords(of: bytes) }
                }
                if case let count = try taken.get(), count > 0 { unread.removeFirst(count) }
            }
        } catch {
            return .refused(error)
        }
        return phase == .complete ? .complete : .incomplete
    }

    /// Ends the request before its body has arrived, so that it can be answered.
    ///
    /// - Returns: whether its params have; without them nothing can be done.
    package mutating func endWithoutBody() -> Bool {
        guard phase == .stdin else { return false }
        leaveOutBody(.late)
        unread = []
        request.append(header: recordHeader(FCGI_STDIN, requestID: requestID))
        phase = .complete
        return true
    }

    private mutating func leaveOutBody(_ reason: FastCGIRequest.BodyRefusal) {
        bodyRefusal = reason
        stdinBytes = 0
        request.removeSubrange(stdinStart...)
    }

    /// Takes the records that have arrived whole. A header is judged as soon as it is there.
    ///
    /// - Returns: how many bytes they have.
    private mutating func takeRecords(of bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
        if request.isEmpty { request.reserveCapacity(bytes.count) }
        let headerBytes = Int(FCGI_HEADER_LEN)
        var start = 0
        while start < bytes.count {
            if phase == .complete { throw .trailingBytes }
            guard bytes.count - start >= headerBytes else { break }
            let header = bytes[start..<start + headerBytes]
            let length = Int(header[start + 4]) << 8 | Int(header[start + 5])
            let type = try judge(UnsafeRawBufferPointer(rebasing: header), length)
            let end = start + headerBytes + length
            let next = end + Int(header[start + 6])
            guard next <= bytes.count else { break }
            records += 1
            try take(type, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = next
        }
        return start
    }

    /// Decides by its header whether a record may come now.
    ///
    /// - Returns: its type.
    private func judge(_ header: UnsafeRawBufferPointer, _ length: Int) throws(Refusal) -> CInt {
        let type = CInt(header[1])
        let id = UInt16(header[2]) << 8 | UInt16(header[3])
        if (records + 1) * Int(FCGI_HEADER_LEN) > limits.maxFramingBytes { throw .tooManyRecords }
        if header[0] != UInt8(FCGI_VERSION_1) { throw .unsupportedVersion }
        if id == UInt16(FCGI_NULL_REQUEST_ID) {
            // A question is answered before the request, where a web server asks it.
            guard phase == .begin, type == FCGI_GET_VALUES, length <= ManagementQuery.maxBytes,
                queries < Self.maxQueries
            else { throw .managementRecord }
            return type
        }
        if phase != .begin, id != requestID { throw .anotherRequestID }
        switch (phase, type) {
        case (.begin, FCGI_BEGIN_REQUEST):
            if length != MemoryLayout<FCGI_BeginRequestBody>.size { throw .malformedBegin }
        case (.params, FCGI_PARAMS):
            if params.count + length > limits.maxParamsBytes { throw .paramsTooLarge }
        case (.stdin, FCGI_STDIN): break
        case (_, FCGI_ABORT_REQUEST): throw .aborted
        default: throw .unexpectedRecord
        }
        return type
    }

    /// Takes a record that may come now.
    private mutating func take(_ type: CInt, _ record: UnsafeRawBufferPointer) throws(Refusal) {
        let content = UnsafeRawBufferPointer(rebasing: record[Int(FCGI_HEADER_LEN)...])
        if type == FCGI_GET_VALUES {
            queries += 1
            reply += try ManagementQuery.answer(to: content, maxInFlight: limits.maxInFlight)
            return
        }
        let start = request.count
        if bodyRefusal == nil || content.isEmpty {
            request.append(contentsOf: record)
            // Its padding has gone.
            request[start + 6] = 0
        }
        switch phase {
        case .begin:
            requestID = UInt16(record[2]) << 8 | UInt16(record[3])
            guard CInt(content[0]) << 8 | CInt(content[1]) == FCGI_RESPONDER else { throw .unsupportedRole }
            keepsConnection = CInt(content[2]) & FCGI_KEEP_CONN != 0
            phase = .params
        case .params where content.isEmpty:
            try params.withUnsafeBytes { bytes in Result { () throws(Refusal) in try checkParams(bytes) } }.get()
            params = []
            phase = .stdin
            stdinStart = request.count
        case .params:
            params.append(contentsOf: content)
        case .stdin where content.isEmpty:
            phase = .complete
        case .stdin where bodyRefusal == nil:
            stdinBytes += content.count
            // Read to its end all the same: some web servers take no answer before they have sent all of a body.
            if stdinBytes > limits.maxStdinBytes { leaveOutBody(.tooLarge) }
        case .stdin, .complete: break
        }
    }

    /// libfcgi trusts the lengths of names and values: two that are huge fail an assertion in it and end the process, and one
    /// that reaches beyond the stream leaves it waiting. It hands out C strings, so a NUL in one would hide the rest: the
    /// web server's rules would see `/metrics\0x`, and we `/metrics`.
    private func checkParams(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        var pairs = NameValuePairs(bytes)
        var count = 0
        while let pair = try pairs.next() {
            if Self.hasNUL(pair.name) || Self.hasNUL(pair.value) { throw .malformedParams }
            count += 1
            if count > limits.maxParams { throw .tooManyParams }
        }
    }

    private static func hasNUL(_ text: UnsafeRawBufferPointer) -> Bool {
        text.baseAddress.map { memchr($0, 0, text.count) != nil } ?? false
    }
}
