// What an upstream may send: an answer or anything else, whole or in pieces.

import Text

/// Gets each input.
func fuzzAnswer(_ input: UnsafeRawBufferPointer) {
    let whole = read(input) { .max }
    var state = UInt64(input.count)
    for byte in input.prefix(64) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let pieces = read(input) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int(state >> 58)
    }
    precondition(whole.response == pieces.response && whole.used == pieces.used, "pieces make another answer")
    if input.count <= 512 { precondition(whole.response == read(input) { 1 }.response, "bytes make another answer") }
    if let response = whole.response {
        precondition(response.body.count <= 1_000 && (100...999).contains(response.status))
        for value in response.fields["content-type"] { precondition(!value.contains("\n")) }
    }
}

private func read(_ input: UnsafeRawBufferPointer, sizes: () -> Int) -> (response: HTTPResponse?, used: Int) {
    var parser = ResponseParser(maxBodyBytes: 1_000, maxFramingBytes: 2_000)
    var rest = input[...]
    var used = 0
    do {
        while !rest.isEmpty, parser.response == nil {
            let piece = rest.prefix(sizes())
            let taken = try parser.consume(UnsafeRawBufferPointer(rebasing: piece))
            precondition(
                taken == piece.count || parser.response != nil,
                "bytes are left, and the answer is not complete"
            )
            used += taken
            rest = rest.dropFirst(piece.count)
        }
        parser.end()
        return (parser.response, used)
    } catch {
        return (nil, 0)
    }
}
