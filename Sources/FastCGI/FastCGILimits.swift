/// Limits on a peer; beyond them it is refused. Every limit holds per connection unless it says otherwise.
package struct FastCGILimits: Sendable, Equatable {
    /// Time for a request to arrive complete, counted from the accept, or from its first byte on a kept connection.
    package var arrivalTimeout: Duration = .seconds(5)
    /// Connections of the whole responder whose request has not arrived complete. One more closes the oldest.
    package var maxPendingConnections = 4_096
    /// Bytes of the whole responder that have arrived for such requests. More closes the oldest, too.
    package var maxPendingBytes = 67_108_864
    /// Bytes of names, values and their lengths.
    package var maxParamsBytes = 40_960
    /// Name-value pairs: each costs libfcgi an allocation.
    package var maxParams = 256
    /// Bytes of the body. Of a larger one nothing is kept.
    package var maxStdinBytes = 81_920
    /// Bytes of record headers: many tiny records are legal, endlessly many are not. It also bounds how much of a body that is
    /// too large is read: 8,192 records.
    package var maxFramingBytes = 65_536
    /// Requests of the whole responder that have been handed over and not been answered.
    package var maxInFlight = 4_096

    /// Bytes of a whole request, the record of its beginning included.
    var maxRequestBytes: Int { maxParamsBytes + maxStdinBytes + maxFramingBytes + 16 }

    package init() {}
}
