extension JSONScanner {
    /// What a value is.
    enum ValueKind: Equatable {
        case object
        case array
        case string(isEmpty: Bool)
        case number
        case literal
    }

    /// A key of the outermost object, without quotation marks and with its escapes resolved, and its value's kind.
    struct Member {
        let key: [UInt8]
        let value: ValueKind
        /// Where the value stands in ``compact``.
        let range: Range<Int>
    }

    /// The compact text of the value that a key of the outermost object has; the last one if the key is there twice,
    /// as most readers have it. Once ``scan()`` is done.
    func value(of key: String) -> ArraySlice<UInt8>? {
        members.last { $0.key.elementsEqual(key.utf8) }.map { compact[$0.range] }
    }
}
