import Testing

@testable import SharedStore

struct RedisAddressTests {
    @Test(
        "A URL gives the server's address, whether to use TLS, and the database",
        arguments: [
            ("redis://h", .host("h", port: 6_379, usesTLS: false), 0),
            ("redis://h:6380/3", .host("h", port: 6_380, usesTLS: false), 3),
            ("REDISS://Store.Example/", .host("store.example", port: 6_379, usesTLS: true), 0),
            ("rediss://[::1]:1/15", .host("::1", port: 1, usesTLS: true), 15),
            ("redis+unix:///run/redis/redis.sock", .socket("/run/redis/redis.sock"), 0),
            ("redis+unix:///run/a%20b?db=7", .socket("/run/a b"), 7),
        ] as [(String, RedisAddress.Place, Int)]
    )
    func good(text: String, place: RedisAddress.Place, database: Int) throws {
        let address = try RedisAddress(text)
        #expect(address.place == place)
        #expect(address.database == database)
    }

    @Test(
        "An unusable URL is refused with the reason, and nothing from it is quoted",
        arguments: [
            ("", .scheme), ("h:6379", .scheme), ("http://h", .scheme), ("unix:///run/x", .scheme), ("redis", .scheme),
            ("redis://:s3cret@h", .credentials), ("rediss://s3cret@h", .credentials),
            ("redis+unix://s3cret@/run/x", .credentials),
            ("redis://", .host), ("redis:///0", .host), ("redis://h%2Fs3cret/0", .host), ("redis://:6379", .host),
            ("redis://h:0", .port), ("redis://h:65536", .port), ("redis://h:99999999999999999999", .port),
            ("redis://h/s3cret", .database), ("redis://h/-1", .database), ("redis://h/+1", .database),
            ("redis://h/65536", .database), ("redis://h/1/2", .database), ("redis+unix:///x?db=", .database),
            ("redis+unix:///x?db=s3cret", .database),
            ("redis://h?db=1", .more), ("redis://h/0?ssl_cert_reqs=none", .more), ("redis://h#s3cret", .more),
            ("redis+unix:///x?password=s3cret", .more), ("redis+unix:///x?db=1&db=2", .database),
            ("redis+unix://h/x", .path), ("redis+unix:///", .path), ("redis+unix:", .path), ("redis+unix:x", .path),
            ("redis+unix:///\(String(repeating: "a", count: 107))", .path),
        ] as [(String, RedisAddress.Problem)]
    )
    func bad(text: String, problem: RedisAddress.Problem) {
        #expect(throws: problem) { try RedisAddress(text) }
        #expect(!problem.rawValue.contains("s3cret"))
    }
}
