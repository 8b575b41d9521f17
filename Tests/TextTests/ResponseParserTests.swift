import TestSupport
import Testing

@testable import Text

@Suite("An answer's bytes")
struct ResponseParserTests {
    typealias Read = (response: HTTPResponse?, surplus: Int, error: ResponseError?)

    func read(_ text: String, pieces: Int = .max, ends: Bool = false, limit: Int = 1_000) -> Read {
        var parser = ResponseParser(maxBodyBytes: limit)
        let bytes = Array(text.utf8)
        var position = 0
        do throws(ResponseError) {
            while position < bytes.count, parser.response == nil {
                let piece = Array(bytes[position..<min(bytes.count, position + min(pieces, bytes.count))])
                var result = Result<Int, ResponseError>.success(0)
                piece.withUnsafeBytes { piece in
                    result = Result { () throws(ResponseError) in try parser.consume(piece) }
                }
                position += try result.get()
            }
        } catch {
            return (nil, 0, error)
        }
        if ends { parser.end() }
        return (parser.response, bytes.count - position, nil)
    }

    static let whole = [
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\nContent-Length: 7\n\n{\"a\":1}",
        "HTTP/1.1 200\r\ncontent-length:7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length: 7, 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length : 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n4\r\n\"a\":\r\n2;x=y\r\n1}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0007\r\n{\"a\":1}\r\n0\r\nT: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    ]

    @Test(
        "A complete answer is read the same in pieces of any size, is not complete before, and bytes after it are counted",
        arguments: whole
    )
    func pieces(text: String) {
        for size in [Int.max, 1, 2, 3, 7, 16] {
            for surplus in ["", "HTTP/1.1 "] {
                let read = read(text + surplus, pieces: size)
                #expect(read.response?.status == 200)
                #expect(read.response?.body == Array(#"{"a":1}"#.utf8))
                #expect(read.surplus == surplus.utf8.count)
            }
        }
        for count in 0..<text.utf8.count {
            let part = String(decoding: text.utf8.prefix(count), as: UTF8.self)
            #expect(read(part, ends: true).response == nil, "\(count)")
        }
    }

    @Test("An answer without a length ends with its connection, and not before")
    func untilClose() {
        let text = "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}"
        #expect(read(text).response == nil)
        #expect(read(text, ends: true).response?.body == Array(#"{"a":1}"#.utf8))
    }

    @Test(
        "A status without content has no body, whatever its fields say",
        arguments: ["101 Switching", "204 No Content", "304 Not Modified"]
    )
    func noContent(status: String) {
        let read = read("HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\n{}")
        #expect(read.response?.status == Int(status.prefix(3)))
        #expect(read.response?.body == [])
        #expect(read.surplus == 2)
    }

    @Test(
        "Bytes that are not HTTP/1 or are ambiguous are refused",
        arguments: [
            "SSH-2.0-OpenSSH", "HTTQ/", "\u{16}\u{3}\u{1}", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
            "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA B: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        ]
    )
    func refused(text: String) {
        for size in [Int.max, 1] { #expect(read(text, pieces: size).error == .notHTTP) }
    }

    @Test("A body may have as many bytes as the limit, and a longer one is refused as soon as that is known")
    func largeBody() {
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890", limit: 10).response?.body.count == 10)
        #expect(read("HTTP/1.1 200 OK\r\n\r\n1234567890", ends: true, limit: 10).response?.body.count == 10)
        #expect(read("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", limit: 10).error == .tooLarge)
        #expect(read("HTTP/1.1 200 OK\r\n\r\n12345678901", limit: 10).error == .tooLarge)
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(chunked + "a\r\n1234567890\r\n0\r\n\r\n", limit: 10).response?.body.count == 10)
        #expect(read(chunked + "b\r\n", limit: 10).error == .tooLarge)
        #expect(read(chunked + "ffffffff\r\n", limit: 10).error == .tooLarge)
        #expect(read(chunked + "9\r\n123456789\r\n2\r\n", limit: 10).error == .tooLarge)
    }

    @Test("Heads, chunk sizes and trailers may have 16 KiB together, and endless ones are refused at that limit")
    func largeHead() {
        let line = "X: " + String(repeating: "x", count: 997) + "\r\n"
        let rest = 16_384 - "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \r\n\r\n".utf8.count
        for (count, isTaken) in [(rest, true), (rest + 1, false)] {
            let field = "X: " + String(repeating: "x", count: count)
            #expect((read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(field)\r\n\r\n").error == nil) == isTaken)
        }
        #expect(read("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 20_000)).error == .tooLarge)
        #expect(read("HTTP/1.1 200 " + String(repeating: "x", count: 20_000)).error == .tooLarge)
        let interim = "HTTP/1.1 103 Early Hints\r\n" + String(repeating: line, count: 4) + "\r\n"
        #expect(read(String(repeating: interim, count: 5)).error == .tooLarge)
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "1;" + String(repeating: "x", count: 998) + "\r\n1\r\n"
        #expect(read(chunked + String(repeating: chunk, count: 20)).error == .tooLarge)
        #expect(read(chunked + "0\r\n" + String(repeating: line, count: 20)).error == .tooLarge)
    }

    @Test(
        "The head tells whether the server keeps the connection",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "connection: Upgrade, Close\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ]
    )
    func keepAlive(version: String, field: String, isKept: Bool) throws {
        let head = try ResponseHead(Array("\(version) 200 OK\r\n\(field)\r\n".utf8))
        #expect(head.isKeepAlive == isKept)
    }

    @Test("Fields are found by name in any case, in order, without surrounding white space")
    func fields() throws {
        let head = try ResponseHead(Array("HTTP/1.1 200 OK\r\nA:  1 \r\nb: 2\r\na:\r\nC: x\r\n\t y\r\n\r\n".utf8))
        #expect(head.fields["a"] == ["1", ""])
        #expect(head.fields.first("b") == "2")
        #expect(head.fields.first("c")?.split(separator: " ") == ["x", "y"])
        #expect(head.fields.first("d") == nil)
    }
}
