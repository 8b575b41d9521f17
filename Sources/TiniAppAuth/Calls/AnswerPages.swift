import FoundationEssentials

/// Holds many sealed answers in one piece of memory, which is freed when none of them is left.
///
/// They stay for seconds, among allocations that live for a request. With one allocation each, an answer of 400 bytes cost
/// 2,000 after a burst: hardly a page of the burst's memory was free of them, and could go back to the system.
struct AnswerPages {
    /// An answer that is held as long as this value.
    struct Place {
        fileprivate let page: Page
        fileprivate let start: UInt32
        fileprivate let count: UInt32

        var answer: SealedAnswer { SealedAnswer(bytes: Data(page.bytes[Int(start)...].prefix(byteCount))) }
        var byteCount: Int { Int(count) }
    }

    fileprivate final class Page {
        var bytes: [UInt8] = []

        init(capacity: Int) { bytes.reserveCapacity(capacity) }
    }

    private static let pageBytes = 65_536

    private var page: Page?

    mutating func add(_ answer: SealedAnswer) -> Place {
        let page = pageWithRoom(for: answer.bytes.count)
        let place = Place(page: page, start: UInt32(page.bytes.count), count: UInt32(answer.bytes.count))
        page.bytes.append(contentsOf: answer.bytes)
        return place
    }

    private mutating func pageWithRoom(for count: Int) -> Page {
        if let page, page.bytes.count + count <= Self.pageBytes { return page }
        let page = Page(capacity: max(Self.pageBytes, count))
        self.page = page
        return page
    }
}
