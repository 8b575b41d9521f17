import Testing

@testable import SharedStore

struct RedisCommandTests {
    @Test("A command is encoded as an array of bulk strings of any bytes")
    func bytes() {
        let command = RedisCommand([Array("SET".utf8), [], [0, 13, 10, 255]])
        #expect(
            Array(command.bytes.readableBytesView) == Array("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\n".utf8) + [
                0, 13, 10, 255, 13, 10,
            ]
        )
        #expect(String(buffer: RedisCommand("PING").bytes) == "*1\r\n$4\r\nPING\r\n")
        #expect(String(buffer: RedisCommand("").bytes) == "*1\r\n$0\r\n\r\n")
    }

    @Test("Every failure has a stable code of its own, by which it is counted")
    func words() {
        #expect(RedisFailure.codes.allSatisfy { $0.wholeMatch(of: /[a-z][a-z_]{3,30}/) != nil })
        #expect(Set(RedisFailure.codes).count == RedisFailure.codes.count)
    }

    @Test("A password prints as nothing")
    func password() {
        var dumped = ""
        dump(RedisPassword("s3cret"), to: &dumped)
        for text in ["\(RedisPassword("s3cret"))", String(reflecting: RedisPassword("s3cret")), dumped] {
            #expect(!text.contains("s3cret"))
        }
    }
}
