import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    /// Connections to Tiki are opened before they are needed, and kept: no login waits for a TLS handshake.
    @Suite("TLS handshakes") struct WarmTLSTests {
        @Test("1,000 exchanges in a row make no TLS handshake, not even the first after the start")
        func thousand() async throws {
            try await Self.prove(1_000)
        }

        private static func prove(_ count: Int) async throws {
            let certificate = try await Certificate.make(for: "IP:127.0.0.1")
            let sandbox = try await Sandbox.start(
                arguments: ["--certificate", certificate.path, "--private-key", certificate.keyPath, "--quiet"]
            )
            let address = try #require(sandbox.baseURL.split(separator: ":").last.flatMap { Int($0) })
            let relay = try TCPRelay(to: address)
            let backend = try await Backend.start(
                environment: ["UPSTREAM_CA_FILE": certificate.path, "LOG_LEVEL": "warning"],
                upstream: sandbox.authEndpoint.replacingOccurrences(of: ":\(address)/", with: ":\(relay.port)/")
            )
            let nginx = try await Nginx.start(backendSocket: backend.socketPath)
            let port = nginx.port
            let codes = try await sandbox.mintCodes(count)
            try await eventually("the connections that are kept ready") {
                let idle = try await Metrics.read(from: nginx).value(
                    #"tiniapp_auth_upstream_connections{state="idle"}"#
                )
                return idle == 2
            }
            let atStart = relay.accepted

            let (first, statuses) = try await BlockingThread.run {
                let client = try HTTPClient(port: port)
                var statuses: [Int: Int] = [:]
                var first = 0
                for (number, code) in codes.enumerated() {
                    let answer = try client.post("/auth_exchange", json: #"{"code":"\#(code)"}"#)
                    statuses[answer.status, default: 0] += 1
                    if number == 0 { first = relay.accepted }
                }
                return (first, statuses)
            }
            let opened = try await Metrics.read(from: nginx).value("tiniapp_auth_upstream_connections_opened_total")
            printFigures(
                "TLS handshakes",
                "\(atStart) at the start, \(first) after the first exchange, \(relay.accepted) after \(count), "
                    + "\(opened.map { String(Int($0)) } ?? "no") opened by the metrics; statuses \(statuses)"
            )
            #expect(statuses == [200: count])
            #expect(atStart == 2)
            #expect(first == atStart)
            #expect(relay.accepted == atStart)
            #expect(opened == Double(atStart))
            await nginx.stop()
            await backend.stop()
            await sandbox.stop()
        }
    }
}
