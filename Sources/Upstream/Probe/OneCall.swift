import Logging
import Metrics
import NIOCore
import Text

extension UpstreamClient {
    /// Gets one URL, on a new connection, with the time of ``Configuration/connectTimeout`` for the connection and as
    /// much again for the answer. For commands: the service keeps its client. Redirects are not followed.
    ///
    /// - Throws: ``UpstreamFailure``; ``TrustError`` or NIOSSL's error if the trusted certificates cannot be used.
    package static func get(
        _ url: UpstreamURL,
        _ configuration: Configuration,
        eventLoop: any EventLoop
    ) async throws -> HTTPResponse {
        var configuration = configuration
        configuration.warmConnections = 0
        let request = """
            GET \(url.pathAndQuery) HTTP/1.1\r
            Host: \(url.origin.authority)\r
            Accept-Encoding: identity\r
            User-Agent: tiniapp-auth-backend\r
            Connection: close\r
            \r

            """
        return try await eventLoop.flatSubmit { [configuration] in
            let answered = eventLoop.makePromise(of: HTTPResponse.self)
            do {
                let client = UpstreamClient(
                    origins: [url.origin],
                    configuration: configuration,
                    trust: try UpstreamTrust(caFile: configuration.caFile, usesTLS: url.origin.usesTLS),
                    eventLoop: eventLoop,
                    logger: Logger(label: "") { _ in SwiftLogNoOpLogHandler() },
                    metrics: UpstreamMetrics(prefix: "", NOOPMetricsHandler.instance)
                )
                let call = UpstreamCall(isRepeatable: true, makeRequest: { _ in ByteBuffer(string: request) }) {
                    outcome in
                    answered.completeWith(outcome.result.mapError { $0 })
                    return false
                }
                client.send(call, to: url.origin, deadline: .now() + configuration.connectTimeout * 2)
                // It must live until then.
                answered.futureResult.assumeIsolated().whenComplete { _ in client.close() }
            } catch {
                answered.fail(error)
            }
            return answered.futureResult
        }.get()
    }
}
