import LogThrottle
import Logging
import NIOCore

/// Notices when the store has lost its memory, and marks it: claims cannot be relied on then for a while. Lives on the event
/// loop.
final class StoreContinuity {
    let keys = StoreScripts.MarkerKeys()
    /// Sends a command over the open connection.
    var send: (RedisCommand, @escaping RedisConnection.Completion) -> Void = { $1(.failure(.closed)) }

    private let longestClaim: TimeAmount
    private let logger: Logger
    private let metrics: SharedStoreMetrics
    private var history = StoreHistory()
    private var isMarking = false
    private var losses = LogThrottle()

    /// - Parameter longestClaim: how long a claim may live at most.
    init(longestClaim: TimeAmount, logger: Logger, metrics: SharedStoreMetrics) {
        self.longestClaim = longestClaim
        self.logger = logger
        self.metrics = metrics
    }

    /// Compares a new connection's server with what is known, and marks it if it may have lost its memory.
    func compare(on connection: RedisConnection, _ lineage: String, _ done: @escaping (RedisFailure?) -> Void) {
        connection.send(RedisCommand([Array("GET".utf8), keys.marker])) { result in
            let found: StoreMarker?
            switch result {
            case .success(.string(let bytes)): found = StoreMarker(bytes: bytes)
            case .success(.null): found = nil
            case .success: return done(.unexpectedReply)
            case .failure(let failure): return done(failure)
            }
            let isLost = self.history.didConnect(to: lineage, marker: found)
            if let found, !isLost {
                self.didFind(.string(found.bytes))
                return done(nil)
            }
            connection.send(self.mark(inPlaceOf: self.history.marker ?? found)) { result in
                switch result {
                case .success(let reply):
                    self.didFind(reply)
                    done(nil)
                case .failure(let failure): done(failure)
                }
            }
        }
    }

    /// Takes what was found under the marker's key, and marks the store if there is nothing.
    func didFind(_ marker: RedisReply) {
        switch marker {
        case .string(let bytes):
            guard history.didFind(StoreMarker(bytes: bytes)) else { return }
            metrics.didLoseMemory()
            losses.log(logger, .warning, "the shared store has come back without its memory")
        case .null where !isMarking:
            isMarking = true
            send(mark(inPlaceOf: nil)) { result in
                self.isMarking = false
                if case .success(let reply) = result { self.didFind(reply) }
            }
        default: break
        }
    }

    private func mark(inPlaceOf old: StoreMarker?) -> RedisCommand {
        let marker = StoreMarker(lineage: history.lineage)
        return StoreScripts.mark(keys, marker, inPlaceOf: old, settlingFor: longestClaim)
    }
}
