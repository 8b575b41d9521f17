import Foundation
import Logging
import Testing

@testable import TiniAppAuthBackend

struct JSONLineTests {
    let recorder = LogRecorder()

    /// The fields of the one line that was written.
    func fields() throws -> [String: String] { try #require(recorder.fields() as? [String: String]) }

    @Test("An entry is one line of JSON with time, severity and message")
    func line() throws {
        recorder.logger().info("hello")
        let fields = try fields()
        #expect(fields.keys.sorted() == ["message", "severity", "time"])
        #expect(fields["message"] == "hello")
        #expect(fields["severity"] == "INFO")
        let time = try #require(fields["time"])
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/) != nil)
        let date = try Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(abs(date.timeIntervalSinceNow) < 60)
    }

    @Test("Metadata become fields, and an entry's own override the logger's")
    func metadata() throws {
        var logger = recorder.logger()
        logger[metadataKey: "request_id"] = "outer"
        logger[metadataKey: "kept"] = "yes"
        logger.info("request", metadata: ["request_id": "inner", "status": "200"])
        let fields = try fields()
        #expect(fields["request_id"] == "inner")
        #expect(fields["kept"] == "yes")
        #expect(fields["status"] == "200")
        #expect(logger[metadataKey: "kept"] == "yes")
    }

    @Test(
        "An entry stays one line and comes back unchanged, whatever it holds",
        arguments: ["a\nb", "\r\n", "\"}", "\\", "\0\u{1B}[31m", "é🧧\u{2028}", ""]
    )
    func escapes(text: String) throws {
        recorder.logger().error("\(text)", metadata: ["value": "\(text)"])
        let fields = try fields()
        #expect(fields["message"] == text)
        #expect(fields["value"] == text)
    }

    @Test(
        "Each log level gets a severity that Google Cloud knows, and an entry below the level is not written",
        arguments: zip(Logger.Level.allCases, ["DEBUG", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"])
    )
    func severities(level: Logger.Level, severity: String) throws {
        recorder.logger(level).log(level: level, "x")
        if level > .trace { recorder.logger(level).trace("quiet") }
        #expect(try fields()["severity"] == severity)
    }
}
