import Testing

@testable import SharedStore

struct StoreHistoryTests {
    @Test("A new instance goes by the marker, and takes one of another lineage for a loss")
    func new() {
        for (lineage, marker, isLoss) in [
            ("r", nil, false), ("r", StoreMarker(lineage: "r"), false), ("s", StoreMarker(lineage: "r"), true),
            ("r", StoreMarker(bytes: Array("rr 1".utf8)), true),
        ] {
            var history = StoreHistory()
            #expect(history.didConnect(to: lineage, marker: marker) == isLoss)
        }
    }

    @Test("Later a lineage that was not seen before is a loss, and one that was seen is not")
    func lineages() {
        var history = StoreHistory()
        let marker = StoreMarker(lineage: "a")
        _ = history.didConnect(to: "a", marker: marker)
        _ = history.didFind(marker)
        // From the second on, as behind a proxy that leads to two servers in turn.
        let losses = ["a", "b", "a", "b", "a"].map { history.didConnect(to: $0, marker: marker) }
        #expect(losses == [false, true, false, false, false])
    }

    @Test("Another marker than the last one means that somebody has noticed a loss")
    func markers() {
        var history = StoreHistory()
        let (first, second) = (StoreMarker(lineage: "a"), StoreMarker(lineage: "a"))
        #expect([first, first, second, second].map { history.didFind($0) } == [false, false, true, false])
    }
}
