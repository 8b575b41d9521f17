import Foundation
import TestSupport

/// The answers that an app may get if its request meets a fault: only documented errors.
enum FaultExpectation {
    private static let invalidResponse = "502 upstream_invalid_response"
    private static let unreachable = "502 upstream_unreachable"
    private static let timeout = "504 upstream_timeout"

    /// - Parameter fault: the upstream's fault for the request; nil if the request came on a closed connection.
    static func outcomes(_ fault: UpstreamFault?) -> Set<String> {
        switch fault {
        case .success, .interim, .atLimit, .announcedClose, .closeWhenIdle, .resetWhenIdle, .resetNextRequest, .delayed:
            ["200"]
        case .refusal: ["400 \(FaultAnswer.reason(400))"]
        case .failure: ["500 \(FaultAnswer.reason(500))"]
        // If the bytes after the answer are seen in time, they spoil it; otherwise they spoil only the connection.
        case .surplus: ["200", invalidResponse]
        case .noAnswer, .slowHead, .slowBody: [timeout]
        case .notJSON, .overLimit, .gzip, .noContent, .moved, .notModified, .emptyBody, .lengthTooSmall, .truncated,
            .notHTTP, .endlessHead, .endlessBody, .resetUnread, .resetBeforeHead, .resetInHead, .resetInBody,
            .closeBeforeHead:
            [invalidResponse]
        case nil: [invalidResponse]
        }
    }

    /// For a request that the upstream never saw.
    static let neverArrived: Set<String> = [invalidResponse, unreachable]
    /// For a request that found no connection.
    static let noConnection: Set<String> = [unreachable]
}
