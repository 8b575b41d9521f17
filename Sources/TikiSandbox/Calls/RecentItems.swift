/// A limited number of items; the oldest makes room for the newest. Keeps the sandbox's memory bounded.
struct RecentItems<Element> {
    let limit: Int
    private var storage: [Element] = []
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds an item and returns the one that it replaced.
    @discardableResult
    mutating func append(_ element: Element) -> Element? {
        guard self.storage.count == self.limit else {
            self.storage.append(element)
            return nil
        }
        let evicted = self.storage[self.oldest]
        self.storage[self.oldest] = element
        self.oldest = (self.oldest + 1) % self.limit
        return evicted
    }

    /// All items, the oldest first.
    var inOrder: [Element] {
        Array(self.storage[self.oldest...] + self.storage[..<self.oldest])
    }
}

extension RecentItems: Sendable where Element: Sendable {}
