import Testing

@testable import Redis

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

    @Test("Every failure has its own stable code and sentence; only failures of one kind share them")
    func words() {
        #expect(RedisFailure.all.allSatisfy { $0.code.wholeMatch(of: /[a-z][a-z_]{3,30}/) != nil })
        #expect(Set(RedisFailure.all.map(\.code)).count == RedisFailure.all.count)
        #expect(Set(RedisFailure.all.map(\.description)).count == RedisFailure.all.count)
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
