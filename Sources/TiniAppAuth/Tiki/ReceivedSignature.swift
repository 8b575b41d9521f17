import Text

/// The three header fields with which Tiki signs what it sends to us: payment notifications (IPN) and the shipping
/// webhook. Kept as the texts that came.
///
/// Source: Tiki's pages "IPN" and "Calculate signature".
package struct ReceivedSignature: Sendable {
    /// Why a message must not be believed.
    package enum Problem: Error, Equatable, CustomStringConvertible {
        case otherClientID
        case noTimestamp
        case noSignature
        case otherSignature(bodyEndsWithNewline: Bool)
        /// Seconds.
        case tooOld(Int64, maxAge: Int64)
        /// Seconds.
        case fromTheFuture(Int64)

        package var description: String {
            switch self {
            case .otherClientID:
                "The client ID is not CLIENT_KEY's: the message is for another app, or from the other environment."
            case .noTimestamp:
                "The timestamp is not Unix time in milliseconds."
            case .noSignature:
                "The signature is not 64 hexadecimal digits."
            case .otherSignature(let bodyEndsWithNewline):
                "The signature is not that of this body, timestamp and CLIENT_SECRET."
                    + (bodyEndsWithNewline ? " The body ends with a newline: did it come with one?" : "")
            case .tooOld(let age, let maxAge):
                "The signature is good, but \(age) s old: more than \(maxAge) s."
            case .fromTheFuture(let seconds):
                "The signature is good, but made \(seconds) s in the future. Is this machine's clock right?"
            }
        }
    }

    /// `X-Tiniapp-Client-Id`.
    private let clientID: String
    /// `X-Tiniapp-Timestamp`.
    private let timestamp: String
    /// `X-Tiniapp-Signature`.
    private let signature: String

    package init(clientID: String, timestamp: String, signature: String) {
        self.clientID = clientID
        self.timestamp = timestamp
        self.signature = signature
    }

    /// Checks that a body was signed with the app's secret.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came. JSON that has been parsed and written again is another body.
    ///   - maxAge: seconds; nil for any age.
    ///   - now: Unix time in milliseconds.
    /// - Returns: the signature's age in milliseconds; below 0 if the sender's clock is ahead.
    package func verify(
        _ body: [UInt8],
        by credentials: ClientCredentials,
        maxAge: Int64?,
        now: Int64
    ) throws(Problem) -> Int64 {
        guard clientID == credentials.key else { throw .otherClientID }
        // Signed as text: "+1" and "01" are other texts than "1".
        guard (1...18).contains(timestamp.utf8.count), timestamp.utf8.allSatisfy(\.isASCIIDigit),
            let signedAt = Int64(timestamp)
        else { throw .noTimestamp }
        guard let code = Hexadecimal.decode(signature), code.count == 32 else { throw .noSignature }
        guard RequestSigner(credentials).isSignature(code, of: body, timestamp: timestamp) else {
            throw .otherSignature(bodyEndsWithNewline: body.last == UInt8(ascii: "\n"))
        }
        // The time last: only now is it known to be the sender's.
        let age = now - signedAt
        if age <= -ClockSkew.refused * 1_000 { throw .fromTheFuture(-age / 1_000) }
        if let maxAge, Duration.milliseconds(age) > .seconds(maxAge) { throw .tooOld(age / 1_000, maxAge: maxAge) }
        return age
    }
}
