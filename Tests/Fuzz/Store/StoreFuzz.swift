// What a shared store may say: replies, what INFO tells, and what is inside a seal.

import Glibc
import NIOCore

@testable import SharedStore
@testable import TiniAppAuth

/// libFuzzer's entry point for a program that has its own `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Followed by libFuzzer's arguments. A program of its own: what it needs takes minutes to build.
@main
enum StoreFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { start, count in
                fuzzStore(UnsafeRawBufferPointer(start: start, count: count))
                return 0
            }
        )
    }
}

/// Gets each input.
private func fuzzStore(_ input: UnsafeRawBufferPointer) {
    let bytes = Array(input)
    let whole = read(bytes) { .max }
    var state = UInt64(bytes.count)
    for byte in bytes.prefix(64) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let pieces = read(bytes) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int(state >> 58)
    }
    // A limit is reached sooner or later in pieces, but what was read until then is the same.
    let count = min(whole.count, pieces.count)
    precondition(whole.prefix(count) == pieces.prefix(count), "pieces make other replies")

    for case .string(let value) in whole { check(value) }
    check(bytes)
}

private func read(_ bytes: [UInt8], sizes: () -> Int) -> [RedisReply] {
    let reader = RedisReplyReader(maxBytes: 2_000)
    var replies: [RedisReply] = []
    var rest = bytes[...]
    do throws(RedisFailure) {
        while !rest.isEmpty {
            let piece = rest.prefix(sizes())
            rest = rest.dropFirst(piece.count)
            try reader.feed(ByteBuffer(bytes: piece))
            while let reply = try reader.next() { replies.append(reply) }
        }
    } catch {
        precondition(!error.code.isEmpty)
    }
    return replies
}

private func check(_ value: [UInt8]) {
    let findings = StoreFindings(info: value)
    precondition(findings.problems.joined().utf8.count < 1_000 && findings.lineage.utf8.count <= 40)
    var history = StoreHistory()
    _ = history.didConnect(to: findings.lineage, marker: StoreMarker(bytes: value))
    _ = history.didFind(StoreMarker(bytes: value))

    guard let (outcome, time) = OutcomeCoding.decode(value) else { return }
    guard let (again, sameTime) = OutcomeCoding.decode(OutcomeCoding.encode(outcome, time)) else {
        preconditionFailure("what was read cannot be written")
    }
    precondition(time == sameTime && outcome.token == again.token && outcome.failureCode == again.failureCode)
    if case .success = outcome.result {
        precondition((try? outcome.result.get().body) == (try? again.result.get().body))
    }
}
