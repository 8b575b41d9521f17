import Foundation
import TestSupport
import Testing

extension LoadLongTests {
    /// The server closes a kept connection shortly before it is used again, or at that moment.
    @Suite("Idle connections that the server closes") struct IdleCloseTests {
        @Test("500 closes before use make no call fail, and 500 at the moment of use cause no second send")
        func fiveHundred() async throws {
            try await Self.proveBefore(500, .closeWhenIdle)
            try await Self.proveBefore(500, .resetWhenIdle)
            try await Self.proveAtTheMoment(500)
        }

        private static func proveBefore(_ count: Int, _ fault: UpstreamFault) async throws {
            let (upstream, backend, nginx) = try await start()
            let requests = (0..<count).map { FaultedRequest(fault, route: $0, name: "idle\($0)") }
            let answers = try await send(requests, nginx.port) { number in
                let limit = ContinuousClock.now + .seconds(5)
                while upstream.ended <= number, .now < limit { usleep(100) }
                usleep(20_000)
            }
            // Each call needed a new connection, since the server had closed the last one.
            #expect(upstream.accepted == count)
            try judge(answers, upstream, "closed 20 ms before use, by \(fault)", documented: ["200"])
            await nginx.stop()
            await backend.stop()
        }

        private static func proveAtTheMoment(_ count: Int) async throws {
            let (upstream, backend, nginx) = try await start()
            // About when the next request reaches the upstream, which takes some hundred µs.
            let requests = (0..<count).map {
                FaultedRequest(.closeWhenIdle, route: $0 % 2, name: "moment\($0)", after: 5_000 + $0 * 37 % 1_500)
            }
            let answers = try await send(requests, nginx.port) { _ in usleep(5_000) }
            try judge(
                answers,
                upstream,
                "closed at the moment of use",
                documented: ["200", "502 upstream_invalid_response"]
            )
            await nginx.stop()
            await backend.stop()
        }

        private static func start() async throws -> (FaultUpstream, Backend, Nginx) {
            let upstream = try FaultUpstream()
            let backend = try await Backend.start(
                environment: ["UPSTREAM_WARM_CONNECTIONS": "0", "LOG_LEVEL": "error"],
                upstream: upstream.authEndpoint
            )
            return (upstream, backend, try await Nginx.start(backendSocket: backend.socketPath))
        }

        /// Sends one request after the other, with a pause after each answer.
        private static func send(
            _ requests: [FaultedRequest],
            _ port: Int,
            pause: @escaping @Sendable (Int) -> Void
        ) async throws -> [FaultedAnswer] {
            try await BlockingThread.run {
                let client = try HTTPClient(port: port)
                return try requests.enumerated().map { number, request in
                    let answer = FaultedAnswer(try client.post(request.path, json: request.json), to: request)
                    pause(number)
                    return answer
                }
            }
        }

        private static func judge(
            _ answers: [FaultedAnswer],
            _ upstream: FaultUpstream,
            _ name: String,
            documented: Set<String>
        ) throws {
            let outcomes = Dictionary(grouping: answers, by: \.outcome).mapValues(\.count)
            let arrivals = upstream.arrivals
            let verdict = FaultVerdict(answers, arrivals: arrivals, unseen: ["502 upstream_invalid_response"])
            printFigures(
                name,
                "\(answers.count) calls: \(outcomes.map { "\($1) × \($0)" }.sorted().joined(separator: ", ")); "
                    + "\(arrivals.filter { $0.fault == nil }.count) arrived at a closed connection, "
                    + "an exchange or refresh at most \(verdict.mostArrivals) times"
            )
            #expect(verdict.violations == [])
            #expect(verdict.mostArrivals == 1)
            #expect(Set(outcomes.keys).isSubset(of: documented))
        }
    }
}
