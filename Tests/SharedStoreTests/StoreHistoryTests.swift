import Testing

@testable import SharedStore

struct StoreHistoryTests {
    func didConnect(_ history: inout StoreHistory, _ lineage: String, _ marker: StoreMarker?) -> Bool {
        history.didConnect(to: lineage, marker: marker)
    }

    func didFind(_ history: inout StoreHistory, _ marker: StoreMarker) -> Bool { history.didFind(marker) }

    @Test("A new instance goes by the marker, and takes one of another lineage for a loss")
    func new() {
        var fresh = StoreHistory()
        #expect(didConnect(&fresh, "r", nil) == false)
        #expect(didFind(&fresh, StoreMarker(lineage: "r")) == false)
        var second = StoreHistory()
        #expect(didConnect(&second, "r", StoreMarker(lineage: "r")) == false)
        var third = StoreHistory()
        #expect(didConnect(&third, "s", StoreMarker(lineage: "r")))
        #expect(didConnect(&third, "r", StoreMarker(bytes: Array("rr 1".utf8))))
    }

    @Test("Later a lineage that was not seen before is a loss, and one that was seen is not")
    func lineages() {
        var history = StoreHistory()
        let marker = StoreMarker(lineage: "a")
        _ = history.didConnect(to: "a", marker: marker)
        _ = history.didFind(marker)
        #expect(didConnect(&history, "a", marker) == false)
        #expect(didConnect(&history, "b", marker))
        // A proxy that leads to two servers in turn.
        for _ in 0..<5 {
            #expect(didConnect(&history, "a", marker) == false)
            #expect(didConnect(&history, "b", marker) == false)
        }
    }

    @Test("Another marker than the last one means that somebody has noticed a loss")
    func markers() {
        var history = StoreHistory()
        let (first, second) = (StoreMarker(lineage: "a"), StoreMarker(lineage: "a"))
        #expect(didFind(&history, first) == false)
        #expect(didFind(&history, first) == false)
        #expect(didFind(&history, second))
        #expect(didFind(&history, second) == false)
    }
}
