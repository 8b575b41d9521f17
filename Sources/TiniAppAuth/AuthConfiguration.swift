import NIOCore
import SharedStore
import Upstream

extension AuthService {
    /// How to reach Tiki, and the limits of a request.
    package struct Configuration: Sendable {
        /// What is in force where a setting is not set.
        package enum Default {
            package static let requestTimeout = TimeAmount.seconds(10)
            package static let lateAnswerTimeout = TimeAmount.seconds(30)
            package static let replayWindow = TimeAmount.seconds(45)
            package static let replayMaxEntries = 20_000
            package static let verifyWindow = TimeAmount.seconds(30)
        }

        package var credentials: ClientCredentials
        package var endpoints: AuthEndpoints
        package var upstream: UpstreamClient.Configuration
        /// From the acceptance of a request to its answer, the waits included.
        package var requestTimeout = Default.requestTimeout
        /// How long to wait for the answer to an exchange or refresh, from its sending, where that is longer than the
        /// request's own time.
        package var lateAnswerTimeout = Default.lateAnswerTimeout
        /// How long the outcome of an exchange or refresh is kept for requests with the same token; with zero, outcomes
        /// are not kept, and late answers not waited for.
        package var replayWindow = Default.replayWindow
        /// Outcomes that are kept; the oldest goes first.
        package var replayMaxEntries = Default.replayMaxEntries
        /// Bytes that the kept outcomes take.
        package var replayMaxBytes = 32 * 1_048_576
        /// How long a good answer about an access token is kept for
        /// ``AuthService/verify(authorization:acceptedAt:completion:)``; zero keeps none.
        package var verifyWindow = Default.verifyWindow
        /// The store that several instances share; nil if each is by itself.
        package var sharedStore: SharedStore.Configuration?

        package init(credentials: ClientCredentials, endpoints: AuthEndpoints) {
            self.credentials = credentials
            self.endpoints = endpoints
            upstream = UpstreamClient.Configuration()
            upstream.name = "Tiki"
        }

        /// Reads the certificates that are trusted for Tiki.
        func trust() throws -> UpstreamTrust {
            try UpstreamTrust(caFile: upstream.caFile, usesTLS: endpoints.origins.contains(where: \.usesTLS))
        }

        /// Whether the outcomes of this route's calls are kept.
        func keepsOutcomes(of route: AuthRoute) -> Bool { route.isKept && replayWindow > .zero }
    }

    /// What can change while requests go on.
    package struct Renewal: Sendable {
        let credentials: ClientCredentials
        let trust: UpstreamTrust
        let store: SharedStore.Access?

        /// Reads the trusted certificates.
        ///
        /// - Throws: `TrustError` or NIOSSL's error if they cannot be used.
        package init(_ configuration: Configuration) throws {
            credentials = configuration.credentials
            trust = try configuration.trust()
            store = try configuration.sharedStore?.access()
        }
    }
}
