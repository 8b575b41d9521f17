import NIOCore
import Testing

@testable import SharedStore

struct RedisReplyReaderTests {
    /// Feeds the text in pieces of this size, and returns the replies until the first failure.
    func read(
        _ text: String,
        piece: Int = .max,
        maxBytes: Int = 1_000
    ) -> (replies: [RedisReply], failure: RedisFailure?) {
        let reader = RedisReplyReader(maxBytes: maxBytes)
        var replies: [RedisReply] = []
        var rest = Array(text.utf8)[...]
        do throws(RedisFailure) {
            while !rest.isEmpty {
                try reader.feed(ByteBuffer(bytes: rest.prefix(piece)))
                rest = rest.dropFirst(piece)
                while let reply = try reader.next() { replies.append(reply) }
            }
        } catch {
            return (replies, error)
        }
        return (replies, nil)
    }

    @Test("Every kind of reply is read, however it is split", arguments: [1, 2, 3, 7, .max])
    func kinds(piece: Int) {
        let everything =
            "+OK\r\n:-7\r\n$-1\r\n$0\r\n\r\n$5\r\na\r\nb\0\r\n*-1\r\n*0\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n-LOADING x\r\n"
        let (replies, failure) = read(everything, piece: piece)
        #expect(failure == nil)
        #expect(
            replies == [
                .status("OK"), .integer(-7), .null, .string([]), .string(Array("a\r\nb\0".utf8)), .null, .array([]),
                .array([.string([120]), .array([.integer(1)])]), .error(.loading),
            ]
        )
    }

    @Test(
        "Bytes that are not RESP2 are a failure, and so is an array of many elements or of endless depth",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0", ">2\r\n+invalidate\r\n$-1\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n",
            ",1.5\r\n", "#t\r\n", "$-2\r\nxx\r\n", "*-2\r\n", ":x\r\n", "$x\r\n", "*99999999999999999999\r\n",
            "\u{15}\u{3}\u{1}\0\u{2}\u{2}P",
            // Otherwise it would allocate room for all elements and wait for them.
            "*17\r\n", "*1000000\r\n", "*2147483647\r\n", "*4294967297\r\n", "*1\r\n*2147483647\r\n",
            String(repeating: "*1\r\n", count: 100),
        ]
    )
    func garbage(text: String) {
        let (replies, failure) = read(text)
        #expect(replies == [])
        #expect(failure == .notRedis)
    }

    @Test("A reply over the limit is a failure as soon as the limit is reached")
    func tooLarge() {
        #expect(read("$2000000000\r\n").failure == nil)
        let endless = "$2000000000\r\n" + String(repeating: "x", count: 1_100)
        #expect(read(endless, piece: 100).failure == .tooLarge)
        #expect(read("+" + String(repeating: "x", count: 1_100), piece: 100).failure == .tooLarge)
        let whole = "$1100\r\n\(String(repeating: "x", count: 1_100))\r\n"
        #expect(read(whole).failure == .tooLarge)
        let small = String(repeating: "$100\r\n\(String(repeating: "x", count: 100))\r\n", count: 50)
        #expect(read(small).failure == nil)
        #expect(read(small).replies.count == 50)
    }
}
