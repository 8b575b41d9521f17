import Foundation
import TestSupport
import Testing

/// Expects the fields that every answer has, exactly one of each.
func expectCommonHeaders(
    _ answer: HTTPAnswer,
    contentType: String = "application/json",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.headers["Content-Type"] == [contentType], sourceLocation: sourceLocation)
    #expect(answer.headers["Cache-Control"] == ["no-store"], sourceLocation: sourceLocation)
    #expect(answer.headers["Pragma"] == ["no-cache"], sourceLocation: sourceLocation)
    #expect(answer.headers["X-Request-Id"].count == 1, sourceLocation: sourceLocation)
    #expect(answer.headers["X-Request-Id"].first?.isEmpty == false, sourceLocation: sourceLocation)
}

/// Expects one of our own errors, or nginx's, in Tiki's envelope and nothing more.
func expectError(
    _ answer: HTTPAnswer,
    _ status: Int,
    _ reason: String,
    message: String? = nil,
    allow: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    expectCommonHeaders(answer, sourceLocation: sourceLocation)
    #expect(answer.headers["Allow"] == allow, sourceLocation: sourceLocation)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let parsed = try? decoder.decode(Envelope.self, from: answer.body)
    let envelope = try #require(parsed, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(envelope.error.code == status, sourceLocation: sourceLocation)
    #expect(envelope.error.reason == reason, sourceLocation: sourceLocation)
    #expect(!envelope.error.message.isEmpty, sourceLocation: sourceLocation)
    if let message { #expect(envelope.error.message == message, sourceLocation: sourceLocation) }
    #expect([envelope.error.metadata.requestId] == answer.headers["X-Request-Id"], sourceLocation: sourceLocation)
    let prefix = #"{"data":null,"error":{"code":\#(status),"reason":"\#(reason)","message":""#
    #expect(answer.text.hasPrefix(prefix), "\(answer.text)", sourceLocation: sourceLocation)
}

/// The shape of our own errors.
private struct Envelope: Decodable {
    struct Details: Decodable {
        struct Metadata: Decodable {
            let requestId: String
        }

        let code: Int
        let reason: String
        let message: String
        let metadata: Metadata
    }

    let error: Details
}
