import Logging
import NIOCore

/// The mission: check what the app sent, share, sign, call Tiki, pass its answer on.
package final class AuthService: Sendable {
    /// How to reach Tiki and what a request may take.
    package struct Configuration: Sendable {
        package var credentials: ClientCredentials
        package var endpoints: AuthEndpoints
        package var upstream = UpstreamClient.Configuration()
        /// From the arrival of a request to its answer, the waits included. A request that shares a call of another has
        /// what is left of that one's time.
        package var requestTimeout = TimeAmount.seconds(10)
        /// Bytes of a request's body.
        package var maxBodyBytes = 16_384

        package init(credentials: ClientCredentials, endpoints: AuthEndpoints) {
            self.credentials = credentials
            self.endpoints = endpoints
        }
    }

    package typealias Completion = @Sendable (Result<UpstreamAnswer, AuthError>) -> Void

    /// What is touched on the event loop alone.
    private struct Core {
        let client: UpstreamClient
        var calls = InFlightCalls<Result<UpstreamAnswer, AuthError>>()
    }

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let core: NIOLoopBoundBox<Core>

    /// - Throws: NIOSSL's error if the trusted certificates cannot be read.
    package init(_ configuration: Configuration, eventLoop: any EventLoop, logger: Logger) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        let client = try UpstreamClient(
            endpoints: configuration.endpoints,
            configuration: configuration.upstream,
            signer: RequestSigner(configuration.credentials),
            eventLoop: eventLoop,
            logger: logger
        )
        core = .makeBoxSendingValue(Core(client: client), eventLoop: eventLoop)
    }

    /// Answers a request. Returns at once; may be called from any thread.
    ///
    /// - Parameters:
    ///   - route: what is asked for.
    ///   - contentType: the request's `Content-Type`; nil if it has none.
    ///   - body: the request's body.
    ///   - completion: gets Tiki's answer as it came, or our own error. Called once, on this thread or the event loop.
    package func handle(
        _ route: AuthRoute,
        contentType: String?,
        body: [UInt8],
        completion: @escaping Completion
    ) {
        let deadline = NIODeadline.now() + configuration.requestTimeout
        let payload: JSONPayload
        do throws(AuthError) {
            payload = try self.payload(route, contentType, body)
        } catch {
            return completion(.failure(error))
        }
        eventLoop.execute {
            self.call(InFlightCalls.Key(route: route, payload: payload), deadline, completion)
        }
    }

    /// Closes the connections to Tiki. Requests under way end with ``AuthError/shuttingDown``.
    package func close() async throws {
        try await eventLoop.submit { self.core.value.client.close() }.get()
    }

    /// What the client learns is coarser; the operator wants to know which of the things it stands for has happened.
    private func log(_ failure: UpstreamFailure, _ route: AuthRoute) {
        logger.warning("a call to Tiki failed", metadata: ["target": "\(route)", "failure": "\(failure)"])
    }

    private func payload(_ route: AuthRoute, _ contentType: String?, _ body: [UInt8]) throws(AuthError) -> JSONPayload {
        guard body.count <= configuration.maxBodyBytes else {
            throw .payloadTooLarge(limit: configuration.maxBodyBytes)
        }
        guard !body.isEmpty else { throw .noPayload }
        guard let contentType, MediaType.isJSON(contentType) else { throw .unsupportedMediaType }
        return try JSONPayload(body, requiring: route.requiredKey)
    }

    private func call(
        _ key: InFlightCalls<Result<UpstreamAnswer, AuthError>>.Key,
        _ deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        guard core.value.calls.join(key, completion) else { return }
        core.value.client.call(
            configuration.endpoints[key.route],
            body: key.payload.bytes,
            isRepeatable: key.route.isRepeatable,
            deadline: deadline
        ) { result in
            if case .failure(let failure) = result { self.log(failure, key.route) }
            let result = result.mapError(\.authError)
            for waiter in self.core.value.calls.leave(key) { waiter(result) }
        }
    }
}
