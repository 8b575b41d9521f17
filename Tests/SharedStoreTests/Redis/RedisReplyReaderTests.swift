import NIOCore
import TestSupport
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

    static let everything =
        "+OK\r\n:-7\r\n$-1\r\n$0\r\n\r\n$5\r\na\r\nb\0\r\n*-1\r\n*0\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n-LOADING x\r\n"

    @Test("Every kind of reply is read, however it is split", arguments: [1, 2, 3, 7, .max])
    func kinds(piece: Int) {
        let (replies, failure) = read(Self.everything, piece: piece)
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

    @Test("Random changes to a stream do no harm and do not make up replies")
    func mutations() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("+-:$*0123456789\r\n\r\nabc>%_\0".utf8)
        for _ in 0..<3_000 {
            var bytes = Array(Self.everything.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: place)
                default: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let cut = read(text, piece: Int.random(in: 1...9, using: &random))
            let whole = read(text)
            #expect(cut.replies == whole.replies && cut.failure == whole.failure)
        }
    }
}
