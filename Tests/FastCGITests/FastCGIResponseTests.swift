import Testing

@testable import FastCGI

struct FastCGIResponseTests {
    func document(_ response: FastCGIResponse) -> String { String(decoding: response.document, as: UTF8.self) }

    @Test("A document has the status, the header fields in order, an empty line, and the unchanged body")
    func document() {
        let headers = [("B", "1"), ("A", "2"), ("B", "3")]
        let response = FastCGIResponse(
            status: 404,
            reasonPhrase: "Not Found",
            headers: headers,
            body: [0, 0xFF, 13, 10]
        )
        let head = "Status: 404 Not Found\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n"
        #expect(response.document == Array(head.utf8) + [0, 0xFF, 13, 10])
    }

    @Test(
        "A line break in a name, a value or the phrase does not start another field",
        arguments: [
            "x\r\nInjected: 1", "x\nInjected: 1", "x\rInjected: 1", "\r\n\r\nbody", "x\0y", "x\u{7F}y", "\u{B}\u{C}",
        ]
    )
    func injection(text: String) {
        let response = FastCGIResponse(
            status: 200,
            reasonPhrase: text,
            headers: [(text, "1"), ("A", text)],
            body: Array("b".utf8)
        )
        let lines = response.document.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.count == 5)
        for byte in response.document { #expect(byte >= 0x20 && byte != 0x7F || byte == 13 || byte == 10) }
        #expect(response.document.count { $0 == 13 } == 4)
    }

    @Test("A response needs no reason phrase, header fields or body, and a value keeps its spaces and its UTF-8")
    func values() {
        #expect(document(FastCGIResponse(status: 204)) == "Status: 204 \r\n\r\n")
        let response = FastCGIResponse(status: 200, headers: [("A", "a b; c=\"é\"")])
        #expect(document(response) == "Status: 200 \r\nA: a b; c=\"é\"\r\n\r\n")
    }
}
