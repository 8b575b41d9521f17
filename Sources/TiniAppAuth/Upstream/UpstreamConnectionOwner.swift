import NIOHTTP1

/// Whom a connection tells what becomes of it.
protocol UpstreamConnectionOwner: AnyObject {
    /// It is counted as something else now; nil before its beginning and after its end.
    func connection(
        _ connection: UpstreamConnection,
        movedFrom old: ConnectionCounts.Kind?,
        to new: ConnectionCounts.Kind?
    )

    /// The head of an answer has come.
    func connection(_ connection: UpstreamConnection, received head: HTTPResponseHead, for call: UpstreamCall)

    /// It has answered its call and is idle again.
    func connectionIsFree(_ connection: UpstreamConnection)

    /// It has come to its end: it is closed, or about to be.
    ///
    /// - Parameter isFault: whether that was neither our doing nor the server's after an answer.
    func connectionEnded(_ connection: UpstreamConnection, isFault: Bool)

    /// A call may be sent again: no byte of it has left, or it stands repetition.
    func sendAgain(_ call: UpstreamCall)
}
