import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Paths and methods", .sharingStack()) struct RouteErrorTests {
        @Test(
            "An unknown path is refused as not_found",
            arguments: [
                "/nope", "/auth_exchange/", "/auth_exchange/x", "/AUTH_EXCHANGE", "/auth_exchangee", "/auth", "/health",
                "/health/", "/healthz", "/nginx_error", "/index.html", "/%00", "/.git/config", "/a%0d%0ab",
            ]
        )
        func notFound(path: String) async throws {
            for method in ["GET", "POST"] {
                let answer = try await Curl.request(method, try sharedStack().url + path)
                if path == "/%00" {
                    try expectError(answer, 400, "bad_request")
                } else {
                    try expectError(answer, 404, "not_found", message: "No such path")
                }
            }
        }

        @Test("The responder refuses unknown paths itself")
        func notFoundByResponder() async throws {
            let nginx = try await Nginx.start(
                backendSocket: try sharedStack().backend.socketPath,
                replacing: ["location / { return 404; }": "location / { fastcgi_pass tiniapp_auth; }"]
            )
            for path in ["/nope", "/auth_exchange/", "//nope"] {
                try expectError(try await Curl.request("GET", nginx.url + path), 404, "not_found")
            }
            await nginx.stop()
        }

        @Test(
            "The three calls accept only POST",
            arguments: ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "post"]
        )
        func notPOST(method: String) async throws {
            for path in ["/auth_exchange", "/auth_refresh", "/auth_info"] {
                let answer = try await Curl.request(method, try sharedStack().url + path)
                if method == "post" {
                    // nginx does not know methods in lower case.
                    try expectError(answer, 400, "bad_request")
                } else {
                    try expectError(answer, 405, "method_not_allowed", allow: ["POST"])
                }
            }
        }

        @Test("The greeting and health accept only GET and HEAD", arguments: ["POST", "PUT", "DELETE", "OPTIONS"])
        func notGET(method: String) async throws {
            for path in ["/", "/health/live", "/health/ready"] {
                let answer = try await Curl.request(method, try sharedStack().url + path)
                try expectError(answer, 405, "method_not_allowed", allow: ["GET, HEAD"])
            }
        }

        @Test("HEAD on a call gets 405 with an Allow header and no body")
        func headOnCall() async throws {
            let port = try sharedStack().nginx.port
            let request = "HEAD /auth_info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let answer = try await RawTCP.request(port: port, request)
            #expect(answer.status == 405)
            #expect(answer.headers["Allow"] == ["POST"])
            #expect(answer.body.isEmpty)
            expectCommonHeaders(answer)
        }

        @Test("A method that is not allowed gets 405 even with a large body")
        func bodyOnWrongMethod() async throws {
            let url = try sharedStack().url
            let body = Data(repeating: UInt8(ascii: "x"), count: 16_384)
            let answer = try await Curl.request("PUT", "\(url)/auth_info", body: body)
            try expectError(answer, 405, "method_not_allowed", allow: ["POST"])
        }

        @Test("A path is normalized before it is matched")
        func normalized() async throws {
            let url = try sharedStack().url
            #expect(try await Curl.request("GET", "\(url)/health/./live").status == 200)
            #expect(try await Curl.request("GET", "\(url)/x/../health/live").status == 200)
            #expect(try await Curl.request("GET", "\(url)/%68ealth/live").status == 200)
        }
    }
}
