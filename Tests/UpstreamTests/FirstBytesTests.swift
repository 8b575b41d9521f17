import Testing

@testable import Upstream

struct FirstBytesTests {
    @Test("An answer's status and date are found in its head", arguments: ["\r\n", "\n"])
    func http(newline: String) {
        let lines = ["HTTP/1.1 405 Method Not Allowed", "X: Date: no", "dAtE:  Tue, 24 Nov 2026 08:15:30 GMT", "", ""]
        let first = FirstBytes(bytes: Array(lines.joined(separator: newline).utf8))
        #expect(first.isHTTP && first.isEnough && !first.isTLS)
        #expect(first.date == "Tue, 24 Nov 2026 08:15:30 GMT")
    }

    @Test("A date after the head does not count")
    func body() {
        #expect(FirstBytes(bytes: Array("HTTP/1.1 200 OK\r\n\r\nDate: x".utf8)).date == nil)
    }

    @Test("While an HTTP head is incomplete, more bytes are needed, but not forever")
    func incomplete() {
        for text in ["", "H", "HTTP/", "HTTP/1.1 200 OK\r\nDate: x\r\n"] {
            #expect(!FirstBytes(bytes: Array(text.utf8)).isEnough, "\(text)")
        }
        #expect(
            FirstBytes(bytes: Array(("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 20_000)).utf8)).isEnough
        )
    }

    @Test("The first bytes tell if an answer is not HTTP", arguments: ["SSH-2.0", "h", "HTTX", "\u{15}\u{3}"])
    func other(text: String) {
        let first = FirstBytes(bytes: Array(text.utf8))
        #expect(first.isEnough && !first.isHTTP && first.date == nil)
    }

    @Test("An alert and a handshake record of any version are TLS")
    func tls() {
        for bytes: [UInt8] in [[0x15, 3, 1, 0, 2], [0x16, 3, 3, 0, 80]] { #expect(FirstBytes(bytes: bytes).isTLS) }
        for bytes: [UInt8] in [[], [0x16], [0x17, 3, 3], [0x16, 2, 0], Array("HTTP/1.1".utf8)] {
            #expect(!FirstBytes(bytes: bytes).isTLS)
        }
    }
}
