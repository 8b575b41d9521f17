// What an upstream may send: an answer or anything else, whole or in pieces.

import Text

/// Gets each input.
func fuzzAnswer(_ input: UnsafeRawBufferPointer) {
    let whole = read(input) { .max }
    let pieces = read(input, sizes: Fuzz.randomSizes(for: input))
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
