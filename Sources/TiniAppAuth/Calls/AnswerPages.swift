import FoundationEssentials

/// Holds sealed outcomes side by side in pages of memory. A page is freed when none of its outcomes is left.
///
/// Outcomes stay for seconds, while all around them is allocated for one request and freed again. When each had an allocation
/// of its own, they lay scattered over the memory of a burst and kept it from going back to the system: some 2,000 bytes for
/// an answer of 400.
struct AnswerPages {
    /// Where an outcome lies. It is held as long as this value lives.
    struct Place {
        fileprivate let page: Page
        fileprivate let start: UInt32
        fileprivate let count: UInt32

        var outcome: SealedOutcome { SealedOutcome(bytes: Data(page.bytes[Int(start)...].prefix(byteCount))) }
        var byteCount: Int { Int(count) }
    }

    fileprivate final class Page {
        var bytes: [UInt8] = []

        init(capacity: Int) { bytes.reserveCapacity(capacity) }
    }

    private static let pageBytes = 65_536
    /// A larger outcome, which Tiki does not give, has a page of its own, so that it is freed as soon as it is dropped.
    private static let largestShared = 4_096

    private var page: Page?

    mutating func add(_ outcome: SealedOutcome) -> Place {
        let count = outcome.bytes.count
        let page = count > Self.largestShared ? Page(capacity: count) : pageWithRoom(for: count)
        let place = Place(page: page, start: UInt32(page.bytes.count), count: UInt32(count))
        page.bytes.append(contentsOf: outcome.bytes)
        return place
    }

    private mutating func pageWithRoom(for count: Int) -> Page {
        if let page, page.bytes.count + count <= Self.pageBytes { return page }
        let page = Page(capacity: Self.pageBytes)
        self.page = page
        return page
    }
}
