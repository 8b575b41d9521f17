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
        return precondition((0...input.count).contains(error.offset), "an error outside of the text")
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
    guard let payload = try? JSONPayload(input, requiring: "code") else { return }
    precondition(payload.bytes == withoutWhitespace(input))
    let again = try? JSONPayload(payload.bytes, requiring: "code")
    precondition(again == payload, "what is sent would be refused")
}

/// The simplest reading of RFC 8259: whitespace counts only within strings.
private func withoutWhitespace(_ json: [UInt8]) -> [UInt8] {
    var isInString = false
    var isEscaped = false
    return json.filter { byte in
        let (wasInString, wasEscaped) = (isInString, isEscaped)
        isEscaped = wasInString && !wasEscaped && byte == UInt8(ascii: "\\")
        if byte == UInt8(ascii: "\""), !wasEscaped { isInString.toggle() }
        return wasInString || ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }
}
