/// A value in the store whose absence or change shows that the store has lost its memory: `LINEAGE RANDOM`.
///
/// The lineage is the replication id of the server that was marked. A restart gives it another one, and so does a fail-over,
/// while a primary and its replicas share one. Claims may be lost then though their calls are still in progress.
struct StoreMarker: Equatable, Sendable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A new one.
    init(lineage: String) {
        bytes = Array("\(lineage) \(String(UInt64.random(in: 0...UInt64.max), radix: 36))".utf8)
    }

    func isOf(lineage: String) -> Bool { bytes.starts(with: Array("\(lineage) ".utf8)) }
}

/// The markers and lineages that an instance has seen. A value without socket.
struct StoreHistory {
    /// A proxy in front of several servers shows a few lineages in turn.
    private static let maxLineages = 16

    /// The marker found last; nil before the first.
    private(set) var marker: StoreMarker?
    private(set) var lineage = ""
    private var lineages: [String] = []

    /// Takes what a new connection's server says about itself.
    ///
    /// - Returns: whether the store may have lost what it knew before.
    mutating func didConnect(to lineage: String, marker: StoreMarker?) -> Bool {
        self.lineage = lineage
        // An instance that has not seen this store before has only the marker to go by. Later it compares with what it has
        // seen itself: by the marker, two instances that see different servers would go on marking the store for ever.
        let isSame = self.marker == nil ? marker?.isOf(lineage: lineage) != false : lineages.contains(lineage)
        if !lineages.contains(lineage) { lineages = lineages.suffix(Self.maxLineages - 1) + [lineage] }
        return !isSame
    }

    /// Takes a marker that was found in the store.
    ///
    /// - Returns: whether somebody has noticed a loss since the last time.
    mutating func didFind(_ marker: StoreMarker) -> Bool {
        defer { self.marker = marker }
        return self.marker.map { $0 != marker } ?? false
    }
}
