import Logging
import Metrics
import NIOCore
import SharedStore
import Text
import Upstream

/// Checks an app's request, signs and makes the call to Tiki, shares it among equal requests, and relays the answer.
package final class AuthService: Sendable {
    /// How to reach Tiki, and the limits of a request.
    package struct Configuration: Sendable {
        package var credentials: ClientCredentials
        package var endpoints: AuthEndpoints
        package var upstream: UpstreamClient.Configuration
        /// From the acceptance of a request to its answer, the waits included.
        package var requestTimeout = TimeAmount.seconds(10)
        /// How long to wait for the answer to an exchange or refresh, from its sending, where that is longer than the
        /// request's own time.
        package var lateAnswerTimeout = TimeAmount.seconds(30)
        /// How long the outcome of an exchange or refresh is kept for requests with the same token; with zero, outcomes
        /// are not kept, and late answers not waited for.
        package var replayWindow = TimeAmount.seconds(45)
        /// Outcomes that are kept; the oldest goes first.
        package var replayMaxEntries = 20_000
        /// Bytes that the kept outcomes take.
        package var replayMaxBytes = 32 * 1_048_576
        /// How long a good answer about an access token is kept for ``AuthService/verify(authorization:age:completion:)``; zero
        /// keeps none.
        package var verifyWindow = TimeAmount.seconds(30)
        /// The store that several instances share; nil if each is by itself.
        package var sharedStore: SharedStore.Configuration?

        package init(credentials: ClientCredentials, endpoints: AuthEndpoints) {
            self.credentials = credentials
            self.endpoints = endpoints
            upstream = UpstreamClient.Configuration()
            upstream.name = "Tiki"
        }
    }

    package typealias Completion = @Sendable (AuthOutcome) -> Void

    private let configuration: Configuration
    private let eventLoop: any EventLoop
    private let keys = TokenKeys()
    private let calls: NIOLoopBoundBox<AuthCalls>

    /// Begins to open the connections that are to be ready.
    ///
    /// - Throws: `TrustError` or NIOSSL's error if the trusted certificates cannot be used.
    package init(
        _ configuration: Configuration,
        eventLoop: any EventLoop,
        logger: Logger,
        metrics factory: any MetricsFactory
    ) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        let calls = try AuthCalls(configuration, eventLoop: eventLoop, logger: logger, metrics: factory)
        self.calls = .makeBoxSendingValue(calls, eventLoop: eventLoop)
        eventLoop.execute { [calls = self.calls] in calls.value.start() }
    }

    /// Answers a request. Returns at once; may be called from any thread.
    ///
    /// - Parameters:
    ///   - route: the route of the request.
    ///   - contentType: the request's `Content-Type`; nil if it has none.
    ///   - body: the request's body.
    ///   - age: how long ago the request began to arrive; counts against the request's time.
    ///   - completion: gets the outcome. Called once, on this thread or the event loop.
    package func handle(
        _ route: AuthRoute,
        contentType: String?,
        body: [UInt8],
        age: Duration,
        completion: @escaping Completion
    ) {
        let deadline = NIODeadline.now() + configuration.requestTimeout - TimeAmount(age)
        let payload: JSONPayload
        do throws(AuthError) {
            payload = try self.payload(route, contentType, body)
        } catch {
            return completion(AuthOutcome(result: .failure(error)))
        }
        let call = Call(route: route, keys: keys.derive(route, payload.requiredValue), payload: payload)
        eventLoop.execute { [calls] in
            calls.value.take(call, until: deadline, CallWaiter(completion))
        }
    }

    /// Finds the owner of a request's access token. Returns at once; may be called from any thread.
    ///
    /// - Parameters:
    ///   - authorization: the request's `Authorization`; nil if it has none.
    ///   - age: how long ago the request began to arrive; counts against the request's time.
    ///   - completion: gets Tiki's answer to the info call, from which ``TokenOwner`` reads the owner, or the error.
    ///     Called once, on this thread or the event loop.
    package func verify(authorization: String?, age: Duration, completion: @escaping Completion) {
        let deadline = NIODeadline.now() + configuration.requestTimeout - TimeAmount(age)
        let call: Call
        do throws(AuthError) {
            guard let token = try authorization.flatMap({ text throws(AuthError) in try BearerToken.read(text) }) else {
                throw .missingAccessToken
            }
            let body = Array(#"{"access_token":"\#(token)"}"#.utf8)
            let payload = try payload(.info, "application/json", body)
            call = Call(route: .info, keys: keys.derive(.info, payload.requiredValue), payload: payload)
        } catch {
            return completion(AuthOutcome(result: .failure(error)))
        }
        eventLoop.execute { [calls] in
            calls.value.verify(call, until: deadline, CallWaiter(completion))
        }
    }

    /// Takes from another configuration what can change while requests go on: the credentials that calls are signed with,
    /// the store's password, and the certificates in the trusted files. Calls that have been sent are not touched.
    ///
    /// - Throws: `TrustError` or NIOSSL's error if the trusted certificates cannot be used. Everything stays as it
    ///   was then.
    package func reload(_ configuration: Configuration) async throws {
        let trust = try configuration.trust()
        let store = try configuration.sharedStore?.access()
        try await eventLoop.submit { [calls] in
            calls.value.reload(configuration, trust, store)
        }.get()
    }

    /// Closes the connections to Tiki. Requests under way end with ``AuthError/shuttingDown``.
    ///
    /// Where instances share a store, the others first get the outcomes of calls that were sent.
    ///
    /// - Parameter deadline: how long to wait for answers that nobody here wants any more, but other instances do.
    package func close(by deadline: NIODeadline = .now()) async throws {
        while try await eventLoop.submit({ [calls] in calls.value.hasUnpublishedCalls }).get(), .now() < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        try await eventLoop.submit { [calls] in calls.value.close() }.get()
        // A store that does not answer is not waited for longer than by any request.
        let end = NIODeadline.now() + (configuration.sharedStore?.timeout ?? .zero)
        while try await eventLoop.submit({ [calls] in calls.value.isPublishing }).get(), .now() < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await eventLoop.submit { [calls] in calls.value.closeStore() }.get()
    }

    private func payload(_ route: AuthRoute, _ contentType: String?, _ body: [UInt8]) throws(AuthError) -> JSONPayload {
        guard !body.isEmpty else { throw .payload(.empty) }
        guard let contentType, MediaType.isJSON(contentType) else { throw .unsupportedMediaType }
        do { return try JSONPayload(body, requiring: route.requiredKey) } catch { throw .payload(error) }
    }
}

extension AuthService.Configuration {
    /// Reads the certificates that are trusted for Tiki.
    func trust() throws -> UpstreamTrust {
        try UpstreamTrust(caFile: upstream.caFile, usesTLS: endpoints.origins.contains(where: \.usesTLS))
    }
}
