import Logging
import Testing

@testable import TiniAppAuthBackend

struct TerminalLineTests {
    let recorder = LogRecorder()

    var logger: Logger { recorder.logger(isText: true) }

    /// The one line, without its time of day.
    func line() throws -> String {
        let line = try recorder.line()
        let parts = line.split(separator: " ", maxSplits: 1)
        #expect(parts.first?.wholeMatch(of: /\d\d:\d\d:\d\d\.\d{3}/) != nil)
        return String(parts.last ?? "")
    }

    @Test("An entry shows time, level, message and sorted metadata, in which no quotation mark ends a value")
    func entry() throws {
        var logger = logger
        logger[metadataKey: "b"] = "two words"
        logger.info("POST /auth_exchange 200", metadata: ["a": .stringConvertible(12.5), "c": "", "d": "a\" b=\"c"])
        #expect(
            try line() == "INFO     POST /auth_exchange 200 a=12.5 b=\"two words\" c=\"\" d=\"a\\\" b=\\\"c\"\n"
        )
    }

    @Test("Messages begin in the same column, whatever the level", arguments: Logger.Level.allCases)
    func aligned(level: Logger.Level) throws {
        logger.log(level: level, "message")
        let line = try line()
        #expect(line.hasPrefix(level.rawValue.uppercased() + " "))
        #expect(line.dropFirst(9) == "message\n")
    }

    @Test("Fields for Google Cloud are left out, and other dictionaries are spread out")
    func leftOut() throws {
        logger.info(
            "x",
            metadata: [
                "httpRequest": .dictionary(["status": "200"]), "logging.googleapis.com/trace": "t",
                "settings": .dictionary(["LISTEN": "/tmp/s", "B": "1"]),
            ]
        )
        #expect(try line() == "INFO     x B=1 LISTEN=/tmp/s\n")
    }

    @Test("Fields in a fixed order are spread out, and those for Google Cloud are left out")
    func fixedOrder() throws {
        var inner = LogFields(capacity: 1)
        inner.append("latency", .text("1s"))
        var fields = LogFields(capacity: 4)
        fields.append("request_id", .text("r 1"))
        fields.append("attempts", .number(1))
        fields.append("httpRequest", .fields(inner))
        fields.append("reason", nil as String?)
        recorder.handler(isText: true).log(.info, "x", fields)
        #expect(try line() == "INFO     x attempts=1 request_id=\"r 1\"\n")
    }

    @Test(
        "Nothing in an entry breaks the line or controls the terminal",
        arguments: [
            ("\n", "\\u{a}"), ("\r\n", "\\u{d}\\u{a}"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{9B}2J", "\\u{9b}2J"),
            ("\u{7F}", "\\u{7f}"), ("\u{2028}", "\\u{2028}"), ("\u{202E}", "\\u{202e}"), ("é🧧", "é🧧"),
        ]
    )
    func escapes(text: String, shown: String) throws {
        logger.error("<\(text)>", metadata: ["k\(text)": "<\(text)>"])
        #expect(try line() == "ERROR    <\(shown)> k\(shown)=<\(shown)>\n")
    }
}
