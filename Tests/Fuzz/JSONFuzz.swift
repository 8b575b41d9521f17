// What an app may send as a body: whether it is accepted, and what is signed.

import Text

/// Gets each input.
func fuzzJSON(_ input: UnsafeRawBufferPointer) {
    let input = Array(input)
    check(input, allowsLoneSurrogates: false)
    check(input, allowsLoneSurrogates: true)
    checkPayload(input)
    _ = MediaType.isJSON(String(decoding: input, as: UTF8.self))
}

private func check(_ input: [UInt8], allowsLoneSurrogates: Bool) {
    var scanner = JSONScanner(input, allowsLoneSurrogates: allowsLoneSurrogates)
    let kind: JSONScanner.ValueKind
    do {
        kind = try scanner.scan()
    } catch {
        precondition((0...input.count).contains(error.offset), "an error outside of the text")
        return
    }
    precondition(scanner.compact == withoutWhitespace(input), "not the text without insignificant whitespace")
    precondition(String(validating: input, as: UTF8.self) != nil, "accepted, and not UTF-8")
    var again = JSONScanner(scanner.compact, allowsLoneSurrogates: allowsLoneSurrogates)
    let kindAgain = try? again.scan()
    precondition(kindAgain == kind, "what is sent is not what was accepted")
    precondition(again.compact == scanner.compact, "compaction does not settle")
    precondition(again.members.map(\.key) == scanner.members.map(\.key))
    precondition(again.members.map(\.value) == scanner.members.map(\.value))
}

private func checkPayload(_ input: [UInt8]) {
    do {
        let payload = try JSONPayload(input, requiring: "code")
        precondition(payload.bytes == withoutWhitespace(input))
        let again = try? JSONPayload(payload.bytes, requiring: "code")
        precondition(again == payload, "what is sent would be refused")
    } catch {
        precondition(!"\(error)".isEmpty)
    }
}

/// The simplest reading of RFC 8259: whitespace counts only within strings.
private func withoutWhitespace(_ json: [UInt8]) -> [UInt8] {
    var isInString = false
    var isEscaped = false
    return json.filter { byte in
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return true
        }
        isInString = byte == UInt8(ascii: "\"")
        return ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }
}
