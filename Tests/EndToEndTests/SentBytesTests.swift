import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Bytes that Tiki receives", .sharing { try await RecordingStack.start(environment: ["REPLAY_WINDOW": "0"]) })
    struct SentBytesTests {
        @Test(
            "Tiki receives the whole object byte for byte, without insignificant white space",
            arguments: [
                (#"{"code":"a"}"#, #"{"code":"a"}"#),
                (" {\r\n\t\"code\" :\t\"a\" \n} \r\n", #"{"code":"a"}"#),
                (
                    #"{"n": [1e400, 12345678901234567890, -0, 0.10, 1E+2, 1.0e-0], "code": "a"}"#,
                    #"{"n":[1e400,12345678901234567890,-0,0.10,1E+2,1.0e-0],"code":"a"}"#
                ),
                (#"{"code": "\u00e9\u00E9é\ud83d\ude00😀"}"#, #"{"code":"\u00e9\u00E9é\ud83d\ude00😀"}"#),
                (#"{"code": "\/\b\f\n\r\t\"\\\u0000/"}"#, #"{"code":"\/\b\f\n\r\t\"\\\u0000/"}"#),
                (#"{"z": 1, "code": "a", "a": 2, "10": 3, "9": 4}"#, #"{"z":1,"code":"a","a":2,"10":3,"9":4}"#),
                (
                    #"{"code": " { \"a\" : [ 1 , 2 ] } , // no comment  "}"#,
                    #"{"code":" { \"a\" : [ 1 , 2 ] } , // no comment  "}"#
                ),
                (
                    #"{"x": {"b": {}, "a": [ ], "b": null}, "code": "a", "t": [ true , false ]}"#,
                    #"{"x":{"b":{},"a":[],"b":null},"code":"a","t":[true,false]}"#
                ),
                (#"{"": 1, "code": "\u202e\u2028  \u007f"}"#, #"{"":1,"code":"\u202e\u2028  \u007f"}"#),
                (#"{"co\u0064e": "a"}"#, #"{"co\u0064e":"a"}"#),
            ]
        )
        func compacted(sent: String, expected: String) async throws {
            let stack = try shared(RecordingStack.self)
            let (answer, arrived) = try await stack.post("/auth_exchange", sent)
            #expect(answer.status == 200)
            #expect(arrived.count == 1)
            let request = try #require(arrived.first)
            #expect(String(decoding: request.body, as: UTF8.self) == expected)
            // Compares bytes: Swift's strings are equal if their characters are equivalent.
            #expect(request.body == Data(expected.utf8))
            #expect(request["Content-Length"] == ["\(expected.utf8.count)"])
            try await expectSigned(request)
        }

        @Test(
            "Each call goes to its own endpoint",
            arguments: [
                ("/auth_exchange", "code", "/oauth/auth/token"),
                ("/auth_refresh", "refresh_token", "/oauth/auth/token/refresh"),
                ("/auth_info", "access_token", "/oauth/me"),
            ]
        )
        func endpoints(path: String, key: String, target: String) async throws {
            let stack = try shared(RecordingStack.self)
            let (_, arrived) = try await stack.post(path, #"{"\#(key)":"a.b-c_d"}"#)
            let request = try #require(arrived.first)
            #expect(request.requestLine == "POST /tiniapp-open-api\(target) HTTP/1.1")
            #expect(request["Host"] == ["127.0.0.1:\(stack.upstream.port)"])
            #expect(request["Content-Type"] == ["application/json"])
            #expect(request["Transfer-Encoding"].isEmpty)
            try await expectSigned(request)
        }

        @Test("Only the client's body is passed on to Tiki, not its header fields or query")
        func noForwarding() async throws {
            let stack = try shared(RecordingStack.self)
            let before = stack.upstream.arrivals.count
            let answer = try await Curl.post(
                "\(stack.nginx.url)/auth_exchange?query=of-the-client",
                json: #"{"code":"a"}"#,
                headers: [
                    "X-Tiniapp-Client-Id: of-the-client", "X-Tiniapp-Signature: of-the-client",
                    "Authorization: of-the-client", "Cookie: of-the-client", "Proxy: of-the-client",
                    "User-Agent: of-the-client", "X-Forwarded-For: of-the-client",
                ]
            )
            #expect(answer.status == 200)
            let request = try #require(stack.upstream.arrivals.dropFirst(before).first?.request)
            #expect(!request.head.contains("of-the-client"))
            try await expectSigned(request)
        }
    }
}

/// Expects the three headers that Tiki documents ("Calculate signature"), recomputed by openssl.
func expectSigned(_ request: ReceivedRequest, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    #expect(request["X-Tiniapp-Client-Id"] == [Sandbox.clientKey], sourceLocation: sourceLocation)
    let timestamps = request["X-Tiniapp-Timestamp"]
    let milliseconds = try #require(timestamps.first.flatMap { Double($0) }, sourceLocation: sourceLocation)
    #expect(timestamps.count == 1, sourceLocation: sourceLocation)
    #expect(abs(milliseconds / 1_000 - Date().timeIntervalSince1970) < 2, sourceLocation: sourceLocation)

    let payload = Data("\(timestamps[0]).\(Sandbox.clientKey).".utf8) + request.body
    let encoded = payload.base64EncodedString()
        .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
    let digest = try await Command.run(
        "openssl",
        ["dgst", "-sha256", "-r", "-mac", "HMAC", "-macopt", "key:\(Sandbox.clientSecret)"],
        input: Data(encoded.utf8)
    )
    let expected = String(digest.output.prefix { $0 != " " })
    #expect(expected.count == 64, sourceLocation: sourceLocation)
    #expect(request["X-Tiniapp-Signature"] == [expected], sourceLocation: sourceLocation)
}
