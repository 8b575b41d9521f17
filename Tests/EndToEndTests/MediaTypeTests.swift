import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Content types", .sharingStack()) struct MediaTypeTests {
        @Test(
            "A content type other than JSON in UTF-8 is refused as unsupported_media_type",
            arguments: [
                "text/plain", "text/json", "application/x-www-form-urlencoded", "application/json5",
                "application/problem+json", "application/json, text/plain", "application/json; charset=iso-8859-1",
                "multipart/form-data; boundary=x", "json",
            ]
        )
        func refused(type: String) async throws {
            let answer = try await post(["Content-Type: \(type)"])
            try expectError(answer, 415, "unsupported_media_type", message: "Content-Type must be application/json")
        }

        @Test("A missing or empty content type is refused", arguments: [[], ["Content-Type;"]])
        func none(headers: [String]) async throws {
            try expectError(try await post(headers), 415, "unsupported_media_type")
        }

        @Test(
            "JSON in UTF-8 passes, however the content type is written",
            arguments: [
                "application/json", "Application/JSON", "application/json; charset=utf-8",
                "application/json;charset=UTF-8", "application/json ; charset=\"utf-8\"", "application/json; a=b",
            ]
        )
        func accepted(type: String) async throws {
            let answer = try await post(["Content-Type: \(type)"])
            #expect(try answer.string("error", "reason") == "invalid_code")
        }

        private func post(_ headers: [String]) async throws -> HTTPAnswer {
            try await Curl.request(
                "POST",
                try sharedStack().url + "/auth_exchange",
                headers: headers,
                body: Data(#"{"code":"a"}"#.utf8)
            )
        }
    }
}
