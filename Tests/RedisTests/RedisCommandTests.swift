import Testing

@testable import Redis

struct RedisCommandTests {
    @Test("A command is an array of bulk strings, with whatever bytes are in them")
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

    @Test("Every failure has a stable word and a sentence of its own, and no two share one but by kind")
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
