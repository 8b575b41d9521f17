import Testing

@testable import FastCGI

struct FastCGIResponseTests {
    @Test("A document has the status, the header fields in order, an empty line, and the unchanged body")
    func document() {
        let headers = [("B", "1"), ("A", "a b; c=\"é\""), ("B", "3")]
        let (body, phrase): ([UInt8], String) = ([0, 0xFF, 13, 10], "Not Found")
        let response = FastCGIResponse(status: 404, reasonPhrase: phrase, headers: headers, body: body)
        let head = "Status: 404 Not Found\r\nB: 1\r\nA: a b; c=\"é\"\r\nB: 3\r\n\r\n"
        #expect(response.document == Array(head.utf8) + body)
        #expect(FastCGIResponse(status: 204).document == Array("Status: 204 \r\n\r\n".utf8))
    }

    @Test(
        "A line break in a name, a value or the phrase does not start another field",
        arguments: [
            "x\r\nInjected: 1", "x\nInjected: 1", "x\rInjected: 1", "\r\n\r\nbody", "x\0y", "x\u{7F}y", "\u{B}\u{C}",
        ]
    )
    func injection(text: String) {
        let headers = [(text, "1"), ("A", text)]
        let document = FastCGIResponse(status: 200, reasonPhrase: text, headers: headers, body: [0x62]).document
        #expect(document.count { $0 == 13 } == 4 && document.count { $0 == 10 } == 4)
        #expect(document.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 13 || $0 == 10 })
    }
}
