import TestSupport
import Testing

extension EndToEnd {
    @Suite("Connections to Tiki") struct UnreachableTests {
        @Test("A closed port gives upstream_unreachable")
        func closedPort() async throws {
            let closed = try ReservedPort()
            let endpoint = "http://127.0.0.1:\(closed.port)/auth/token"
            try await expectUnreachable(endpoint, because: "connection refused", routes: PayloadErrorTests.routes)
        }

        @Test("An unknown host name gives upstream_unreachable")
        func unknownName() async throws {
            // A name with an empty label cannot exist, so no name server is asked or needed.
            try await expectUnreachable("https://does-not..exist/auth/token", because: "name not found")
        }

        @Test("A server that does not speak TLS gives upstream_unreachable")
        func noTLS() async throws {
            let sandbox = try await Sandbox.start()
            let endpoint = sandbox.authEndpoint.replacingOccurrences(of: "http:", with: "https:")
            try await expectUnreachable(endpoint, because: "TLS")
            await sandbox.stop()
        }

        @Test("A server that stays silent in the TLS handshake gives upstream_unreachable")
        func silentTLS() async throws {
            // The upstream waits for the end of a request's head, which never comes.
            let upstream = try RecordingUpstream()
            let endpoint = "https://127.0.0.1:\(upstream.port)/auth/token"
            try await expectUnreachable(endpoint, ["REQUEST_TIMEOUT": "1"], because: "timed out after 0.5 s")
        }

        @Test("An untrusted certificate gives upstream_unreachable")
        func untrusted() async throws {
            let (sandbox, _) = try await secureSandbox(for: "IP:127.0.0.1")
            try await expectUnreachable(sandbox.authEndpoint, because: "self-signed")
            #expect(try await sandbox.calls().count == 0)
            await sandbox.stop()
        }

        @Test(
            "A trusted certificate for another name gives upstream_unreachable",
            arguments: ["DNS:tiki.example", "IP:127.0.0.2"]
        )
        func wrongName(name: String) async throws {
            let (sandbox, certificate) = try await secureSandbox(for: name)
            let trusting = ["UPSTREAM_CA_FILE": certificate.path]
            try await expectUnreachable(sandbox.authEndpoint, trusting, because: "another name")
            #expect(try await sandbox.calls().count == 0)
            await sandbox.stop()
        }

        @Test("A trusted certificate that has expired gives upstream_unreachable")
        func expired() async throws {
            let (sandbox, certificate) = try await secureSandbox(for: "IP:127.0.0.1", isExpired: true)
            let trusting = ["UPSTREAM_CA_FILE": certificate.path]
            try await expectUnreachable(sandbox.authEndpoint, trusting, because: "expired")
            #expect(try await sandbox.calls().count == 0)
            await sandbox.stop()
        }

        @Test("A certificate trusted through UPSTREAM_CA_FILE is accepted", arguments: ["127.0.0.1", "localhost"])
        func trusted(host: String) async throws {
            let (sandbox, certificate) = try await secureSandbox(for: "IP:127.0.0.1,DNS:localhost")
            let backend = try await Backend.start(
                environment: ["UPSTREAM_CA_FILE": certificate.path],
                upstream: sandbox.authEndpoint.replacingOccurrences(of: "127.0.0.1", with: host)
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let code = try await sandbox.mintCode()
            let answer = try await Curl.post("\(nginx.url)/auth_exchange", json: #"{"code":"\#(code)"}"#)
            #expect(answer.status == 200)
            await nginx.stop()
            await backend.stop()
            await sandbox.stop()
        }

        private func secureSandbox(
            for name: String,
            isExpired: Bool = false
        ) async throws -> (Sandbox, Certificate) {
            let certificate = try await Certificate.make(for: name, isExpired: isExpired)
            let arguments = ["--certificate", certificate.path, "--private-key", certificate.keyPath]
            return (try await Sandbox.start(arguments: arguments), certificate)
        }

        private func expectUnreachable(
            _ endpoint: String,
            _ environment: [String: String?] = [:],
            because reason: String,
            routes: [(String, String)] = [("/auth_exchange", "code")],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let backend = try await Backend.start(environment: environment, upstream: endpoint)
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            for (path, key) in routes {
                let answer = try await Curl.post(nginx.url + path, json: #"{"\#(key)":"a"}"#)
                try expectError(
                    answer,
                    502,
                    "upstream_unreachable",
                    message: "Tiki could not be reached",
                    sourceLocation: sourceLocation
                )
            }
            #expect(backend.process.isRunning, sourceLocation: sourceLocation)
            #expect(backend.logs().contains(reason), "\(backend.logs())", sourceLocation: sourceLocation)
            await nginx.stop()
            await backend.stop()
        }
    }
}
