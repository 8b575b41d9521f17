import CFCGI

@testable import FastCGI

// What a peer may send: the gate's verdict, and how libfcgi reads a stream that the gate passes.

/// Reused for all inputs, as the front door reuses its feed for all requests.
private nonisolated(unsafe) var feed: RequestFeed?

private let usedParams = [
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "DOCUMENT_URI", "CONTENT_TYPE", "CONTENT_LENGTH", "REQUEST_ID",
]

private typealias Judged = (verdict: ConnectionGate.Verdict, gate: ConnectionGate)

/// Gets each input.
func fuzzGate(_ input: UnsafeRawBufferPointer) {
    // Once more with limits that a short input can reach.
    var tight = FastCGILimits()
    tight.maxParamsBytes = 300
    tight.maxParams = 8
    tight.maxStdinBytes = 100
    tight.maxFramingBytes = 80
    for limits in [tight, FastCGILimits()] {
        var (verdict, gate) = verdict(on: input, limits: limits)
        // As for a body that has not come in time.
        if verdict == .complete || verdict == .incomplete && gate.endWithoutBody() { decode(gate) }
    }
}

/// Feeds the input whole, in pieces, and, if it is short, byte by byte. All must agree.
private func verdict(on input: UnsafeRawBufferPointer, limits: FastCGILimits) -> Judged {
    let whole = run(input, limits) { .max }
    expectSame(whole, run(input, limits, sizes: Fuzz.randomSizes(for: input)))
    if input.count <= 512 { expectSame(whole, run(input, limits) { 1 }) }
    return whole
}

private func run(_ input: UnsafeRawBufferPointer, _ limits: FastCGILimits, sizes: () -> Int) -> Judged {
    var gate = ConnectionGate(limits: limits)
    var verdict = ConnectionGate.Verdict.incomplete
    var rest = input[...]
    while !rest.isEmpty {
        let piece = rest.prefix(sizes())
        rest = rest.dropFirst(piece.count)
        verdict = gate.consume(UnsafeRawBufferPointer(rebasing: piece))
        precondition(gate.stdinBytes <= limits.maxStdinBytes || verdict != .incomplete)
        precondition(
            gate.request.count <= max(
                limits.maxParamsBytes + limits.maxStdinBytes + limits.maxFramingBytes,
                ManagementQuery.maxBytes
            ) + 2 * 8,
            "more is kept than the limits allow"
        )
        if case .refused = verdict { break }
    }
    return (verdict, gate)
}

private func expectSame(_ one: Judged, _ other: Judged) {
    precondition(one.verdict == other.verdict, "\(one.verdict), and \(other.verdict) in pieces")
    if case .refused = one.verdict { return }
    precondition(one.gate.request == other.gate.request && one.gate.stdinBytes == other.gate.stdinBytes)
}

/// Has libfcgi decode a complete request as the front door does, and compares with a minimal parser.
private func decode(_ gate: ConnectionGate) {
    let (params, stdin) = contents(of: gate.request)
    precondition(stdin.count == gate.stdinBytes)
    do {
        if feed == nil { feed = try RequestFeed(capacity: FastCGILimits().maxRequestBytes) }
        try feed?.fill(with: gate.request)
        var fcgx = try FCGXRequest(decoding: &feed)
        let body = try fcgx.readBody(count: gate.stdinBytes)
        precondition(body == stdin, "libfcgi reads another body")
        let pairs = pairs(params)
        precondition(pairs.allSatisfy { !$0.contains(0) }, "a NUL hides what comes after it")
        for name in usedParams {
            let expected = pairs.first { $0.starts(with: Array("\(name)=".utf8)) }.map { entry in
                String(decoding: entry.dropFirst(name.utf8.count + 1), as: UTF8.self)
            }
            let decoded = fcgx.withParams { params in Array(name.utf8).withUnsafeBufferPointer { params[$0] } }
            precondition(decoded ?? "" == expected ?? "", "libfcgi reads another \(name)")
        }
        let head = fcgx.withParams { params in FastCGIRequest.Head(acceptedAt: .now(), ownParam: "X") { params[$0] } }
        let request = FastCGIRequest(head: head, body: body)
        precondition(!request.hasAnnouncedLength || Int(request.head.contentLength ?? "0") == body.count)
    } catch {
        preconditionFailure("lost: \(error)")
    }
}

/// The content of the params and stdin streams of well-formed records.
private func contents(of records: [UInt8]) -> (params: [UInt8], stdin: [UInt8]) {
    var params: [UInt8] = []
    var stdin: [UInt8] = []
    var position = 0
    while position < records.count {
        let length = Int(records[position + 4]) << 8 | Int(records[position + 5])
        let content = records[position + 8..<position + 8 + length]
        if records[position + 1] == UInt8(FCGI_PARAMS) { params += content }
        if records[position + 1] == UInt8(FCGI_STDIN) { stdin += content }
        position += 8 + length
    }
    return (params, stdin)
}

/// Well-formed name-value pairs as `name=value`.
private func pairs(_ params: [UInt8]) -> [[UInt8]] {
    var position = 0
    func length() -> Int {
        if params[position] < 0x80 {
            position += 1
            return Int(params[position - 1])
        }
        position += 4
        return params[position - 4..<position].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
    }
    var pairs: [[UInt8]] = []
    while position < params.count {
        let (name, value) = (length(), length())
        let content = params[position..<position + name + value]
        pairs.append(content.prefix(name) + [UInt8(ascii: "=")] + content.dropFirst(name))
        position += name + value
    }
    return pairs
}
