import TestSupport
import Testing

extension EndToEnd {
    @Suite("The backend's own content", .sharingStack()) struct OwnContentTests {
        @Test("The greeting is exactly the tutorial's")
        func greeting() async throws {
            let answer = try await Curl.request("GET", try sharedStack().url + "/")
            #expect(answer.status == 200)
            #expect(answer.text == "Hello World from Cloud Run!")
            expectCommonHeaders(answer, contentType: "text/plain; charset=utf-8")
        }

        @Test("A query does not change the greeting")
        func greetingWithQuery() async throws {
            let answer = try await Curl.request("GET", try sharedStack().url + "/?a=b")
            #expect(answer.text == "Hello World from Cloud Run!")
        }

        @Test("A health check answers in JSON", arguments: [("/health/live", "live"), ("/health/ready", "ready")])
        func health(path: String, status: String) async throws {
            let answer = try await Curl.request("GET", try sharedStack().url + path)
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"\#(status)"}"#)
            expectCommonHeaders(answer)
        }

        @Test("HEAD gets the same headers as GET, and no body", arguments: ["/", "/health/live", "/health/ready"])
        func head(path: String) async throws {
            let stack = try sharedStack()
            let get = try await Curl.request("GET", stack.url + path)
            let request = "HEAD \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let head = try await RawTCP.request(port: stack.nginx.port, request)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            for field in ["Content-Type", "Cache-Control", "Pragma"] {
                #expect(head.headers[field] == get.headers[field])
            }
            #expect(head.headers["Content-Length"] == ["\(get.body.count)"])
        }

        @Test("Every request gets its own id, whatever id the client sends")
        func requestIDs() async throws {
            let url = try sharedStack().url + "/health/live"
            var names: [String] = []
            for _ in 0..<3 {
                names += try await Curl.request("GET", url, headers: ["X-Request-Id: mine"]).headers["X-Request-Id"]
            }
            #expect(Set(names).count == 3)
            #expect(!names.contains("mine"))
        }

        @Test("The Server header does not reveal the version of nginx")
        func serverHeader() async throws {
            let answer = try await Curl.request("GET", try sharedStack().url + "/")
            #expect(answer.headers["Server"] == ["nginx"])
        }
    }
}
