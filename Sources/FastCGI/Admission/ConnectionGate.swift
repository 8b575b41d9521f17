import CFCGI

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
    package enum Refusal: String, Sendable {
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
        /// Within a question before the request.
        case query
        case params
        case stdin
        case complete
    }

    /// The records so far, ready for libfcgi: headers and contents as they came, padding left out.
    ///
    /// Padding carries nothing (section 3.3), and libfcgi loses its place when a begin-request or an empty record is
    /// padded, although that is legal.
    package private(set) var request: [UInt8] = []
    /// The answers to questions that the peer asked before its request; see ``takeReply()``.
    private var reply: [UInt8] = []
    private let query: ManagementQuery
    /// Questions so far. A web server asks once.
    private var queries = 0
    private static let maxQueries = 4
    /// Whether the peer wants to send another request on the connection (`FCGI_KEEP_CONN`).
    package private(set) var keepsConnection = false
    /// Bytes of the body that ``request`` has.
    package private(set) var stdinBytes = 0
    /// Why ``request`` has no body although the peer sends one; nil if it has what has come.
    package private(set) var bodyRefusal: FastCGIRequest.BodyRefusal?

    private let limits: FastCGILimits
    private var phase = Phase.begin
    /// The peer's number for the request.
    package private(set) var requestID: UInt16 = 0
    /// Where the body's first record begins in ``request``.
    private var stdinStart = 0
    private var framing: ParamsFraming
    private var paramsBytes = 0
    private var records = 0

    private var headerBytesRead = 0
    private var contentLeft = 0
    private var paddingLeft = 0

    package init(limits: FastCGILimits) {
        self.limits = limits
        framing = ParamsFraming(maxBytes: limits.maxParamsBytes)
        query = ManagementQuery(limits: limits)
    }

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
        // The first bytes to arrive are nearly always the complete request.
        if request.isEmpty { request.reserveCapacity(bytes.count) }
        var rest = bytes[...]
        while !rest.isEmpty {
            if contentLeft > 0 {
                let content = UnsafeRawBufferPointer(rebasing: rest.prefix(contentLeft))
                rest = rest.dropFirst(content.count)
                contentLeft -= content.count
                if bodyRefusal == nil { request.append(contentsOf: content) }
                if let refusal = takeContent(content) { return .refused(refusal) }
            } else if paddingLeft > 0 {
                let count = min(paddingLeft, rest.count)
                rest = rest.dropFirst(count)
                paddingLeft -= count
            } else if phase == .complete {
                return .refused(.trailingBytes)
            } else {
                let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(FCGI_HEADER_LEN) - headerBytesRead))
                rest = rest.dropFirst(part.count)
                headerBytesRead += part.count
                request.append(contentsOf: part)
                guard headerBytesRead == Int(FCGI_HEADER_LEN) else { break }
                headerBytesRead = 0
                if let refusal = takeHeader() { return .refused(refusal) }
            }
        }
        return phase == .complete && paddingLeft == 0 ? .complete : .incomplete
    }

    /// Ends the request before its body has arrived, so that it can be answered.
    ///
    /// - Returns: whether its params have; without them nothing can be done.
    package mutating func endWithoutBody() -> Bool {
        guard phase == .stdin else { return false }
        leaveOutBody(.late)
        request.append(header: recordHeader(FCGI_STDIN, requestID: requestID))
        phase = .complete
        return true
    }

    private mutating func leaveOutBody(_ reason: FastCGIRequest.BodyRefusal) {
        bodyRefusal = reason
        stdinBytes = 0
        request.removeSubrange(stdinStart...)
    }

    /// Interprets the header that ends ``request``, and takes its padding out.
    private mutating func takeHeader() -> Refusal? {
        let start = request.count - Int(FCGI_HEADER_LEN)
        let version = request[start]
        let type = Int32(request[start + 1])
        let id = UInt16(request[start + 2]) << 8 | UInt16(request[start + 3])
        contentLeft = Int(request[start + 4]) << 8 | Int(request[start + 5])
        paddingLeft = Int(request[start + 6])
        request[start + 6] = 0

        records += 1
        if records * Int(FCGI_HEADER_LEN) > limits.maxFramingBytes { return .tooManyRecords }
        if version != UInt8(FCGI_VERSION_1) { return .unsupportedVersion }
        if id == UInt16(FCGI_NULL_REQUEST_ID) { return takeQueryHeader(type) }
        if phase == .begin {
            requestID = id
        } else if id != requestID {
            return .anotherRequestID
        }
        switch (phase, type) {
        case (.begin, FCGI_BEGIN_REQUEST):
            return contentLeft == MemoryLayout<FCGI_BeginRequestBody>.size ? nil : .malformedBegin
        case (.params, FCGI_PARAMS): return takeParamsHeader()
        case (.stdin, FCGI_STDIN): return takeStdinHeader()
        case (_, FCGI_ABORT_REQUEST): return .aborted
        default: return .unexpectedRecord
        }
    }

    /// A question is answered before the request, where a web server asks it.
    private mutating func takeQueryHeader(_ type: Int32) -> Refusal? {
        guard phase == .begin, type == FCGI_GET_VALUES, contentLeft <= ManagementQuery.maxBytes,
            queries < Self.maxQueries
        else { return .managementRecord }
        queries += 1
        phase = .query
        return contentLeft == 0 ? takeQuery() : nil
    }

    /// Answers the question, which is all that ``request`` has so far, and removes it.
    private mutating func takeQuery() -> Refusal? {
        guard let answer = query.answer(to: request[Int(FCGI_HEADER_LEN)...]) else { return .malformedParams }
        reply += answer
        request.removeAll(keepingCapacity: true)
        phase = .begin
        return nil
    }

    private mutating func takeParamsHeader() -> Refusal? {
        paramsBytes += contentLeft
        if paramsBytes > limits.maxParamsBytes { return .paramsTooLarge }
        guard contentLeft == 0 else { return nil }
        guard framing.isAtPairBoundary else { return .malformedParams }
        phase = .stdin
        stdinStart = request.count
        return nil
    }

    private mutating func takeStdinHeader() -> Refusal? {
        if contentLeft == 0 {
            phase = .complete
        } else if bodyRefusal != nil {
            request.removeSubrange(stdinStart...)
        } else {
            stdinBytes += contentLeft
            // Read to its end all the same: some web servers take no answer before they have sent all of a body.
            if stdinBytes > limits.maxStdinBytes { leaveOutBody(.tooLarge) }
        }
        return nil
    }

    private mutating func takeContent(_ content: UnsafeRawBufferPointer) -> Refusal? {
        switch phase {
        case .query:
            return contentLeft == 0 ? takeQuery() : nil
        case .begin:
            guard contentLeft == 0 else { return nil }
            let body = request.suffix(MemoryLayout<FCGI_BeginRequestBody>.size)
            let role = Int32(body[body.startIndex]) << 8 | Int32(body[body.startIndex + 1])
            guard role == FCGI_RESPONDER else { return .unsupportedRole }
            keepsConnection = Int32(body[body.startIndex + 2]) & FCGI_KEEP_CONN != 0
            phase = .params
            return nil
        case .params:
            guard framing.consume(content) else { return .malformedParams }
            return framing.pairs > limits.maxParams ? .tooManyParams : nil
        case .stdin, .complete:
            return nil
        }
    }
}
