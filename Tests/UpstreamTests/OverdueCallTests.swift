import Logging
import Metrics
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Upstream

struct OverdueCallTests {
    @Test("A call whose deadline has passed is not sent, although its timer fires later")
    func waiting() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let eventLoop = group.any()
        let server = try await ScriptedServer(group: group) { _ in .silence }
        let origin = try #require(UpstreamURL("http://127.0.0.1:\(server.port)/")).origin
        let ended = try await eventLoop.submit {
            var configuration = UpstreamClient.Configuration()
            configuration.maxConnections = 1
            configuration.warmConnections = 0
            let client = UpstreamClient(
                origins: [origin],
                configuration: configuration,
                trust: try UpstreamTrust(caFile: nil, usesTLS: false),
                eventLoop: eventLoop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                metrics: UpstreamMetrics(prefix: "test", NOOPMetricsHandler.instance)
            )
            // On the border of two 10 ms ticks: the first call's timer fires on time, and frees its place. The second
            // call's deadline is a moment later, but its timer fires nearly 10 ms later.
            let tick = (NIODeadline.now() + .milliseconds(500)).uptimeNanoseconds / 10_000_000 * 10_000_000
            let calls = [UInt64(0), 20_000].map { late in
                let promise = eventLoop.makePromise(of: UpstreamCall.Outcome.self)
                let call = UpstreamCall(isRepeatable: false) { _ in
                    ByteBuffer(string: "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
                } completion: { outcome in
                    promise.succeed(outcome)
                }
                client.send(call, to: origin, deadline: .uptimeNanoseconds(tick + late))
                return promise.futureResult
            }
            return EventLoopFuture.whenAllSucceed(calls, on: eventLoop).assumeIsolated().always { _ in client.close() }
                .nonisolated()
        }.get()
        let results = try await ended.get()
        try await server.stop()
        #expect(results.map(\.result) == [.failure(.timeout), .failure(.timeout)])
        #expect(results.map(\.attempts) == [1, 0])
    }
}
