import Crypto
import NIOCore

/// The part of an ended call's outcome that is kept for requests with the same token.
enum KeptOutcome: Sendable {
    /// Tiki's answer.
    case answer(SealedAnswer)
    /// The call was sent and its answer is not known, so the token may be used up: the error is told again.
    case inDoubt(AuthError, failureCode: String)

    /// - Parameters:
    ///   - key: from the call's token.
    ///   - nonce: 12 bytes; never the same for two answers under one key.
    init(_ answer: TikiAnswer, key: SymmetricKey, nonce: [UInt8]) {
        do {
            self = .answer(try SealedAnswer(answer, key: key, nonce: nonce))
        } catch {
            // Encryption does not fail with such a key and nonce. If it did, the token would be used up all the same.
            self = .unreadable
        }
    }

    private static let unreadable = KeptOutcome.inDoubt(.upstreamInvalidResponse, failureCode: "not_kept")
}

extension AuthRoute {
    /// Whether what becomes of a call is kept: the token works once, so that asking again must not send it again.
    var isKept: Bool { !isRepeatable }
}

extension AuthOutcome {
    /// For a request that comes after the call has ended.
    ///
    /// - Parameters:
    ///   - time: how long ago the call ended.
    ///   - key: from the call's token.
    init(_ kept: KeptOutcome, ago time: TimeAmount, key: SymmetricKey) {
        switch kept {
        case .answer(let sealed):
            self.init(result: sealed.open(key: key).map(Result.success) ?? .failure(.upstreamInvalidResponse))
        case .inDoubt(let error, let failureCode):
            self.init(result: .failure(error), failureCode: failureCode)
        }
        age = Int(time.nanoseconds / 1_000_000_000)
    }

    /// Whether Tiki does not know the token, or has forgotten it.
    package var isRefusal: Bool {
        guard case .success(let answer) = result else { return false }
        return answer.errorReason == TikiReason.invalidToken.rawValue
    }

    /// Whether the same token must not be sent again now: it is used up, or dead, or may be either.
    var isFinal: Bool {
        switch result {
        case .success(let answer): answer.settlesToken
        // A 429 or 503 says that nothing was done, whatever its body is.
        case .failure(.upstreamTooManyRequests), .failure(.upstreamUnavailable): false
        case .failure: attempts > 0
        }
    }
}

extension TikiAnswer {
    /// Whether Tiki has taken the token, or refused it for good. After any other answer the token may still work.
    ///
    /// Tiki's pages do not show the status line of a refusal, so one under 200 counts like one under 400.
    fileprivate var settlesToken: Bool {
        switch errorReason {
        case nil: (200..<300).contains(status)
        case TikiReason.invalidCode.rawValue, TikiReason.invalidToken.rawValue: status < 500 && status != 429
        default: false
        }
    }
}
