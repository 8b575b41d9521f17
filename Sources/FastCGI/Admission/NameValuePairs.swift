/// Takes name-value pairs apart (FastCGI specification, section 3.4).
struct NameValuePairs {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes[...]
    }

    /// The next pair; nil at the end.
    ///
    /// - Throws: ``ConnectionGate/Refusal/malformedParams`` if the bytes end within a pair.
    mutating func next() throws(ConnectionGate.Refusal) -> (
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    )? {
        if rest.isEmpty { return nil }
        let (nameCount, valueCount) = (try length(), try length())
        return (try take(nameCount), try take(valueCount))
    }

    /// One byte below 128, or four bytes of which the first has its high bit set.
    private mutating func length() throws(ConnectionGate.Refusal) -> Int {
        guard let first = rest.popFirst() else { throw .malformedParams }
        guard first & 0x80 != 0 else { return Int(first) }
        return try take(3).reduce(Int(first & 0x7F)) { $0 << 8 | Int($1) }
    }

    private mutating func take(_ count: Int) throws(ConnectionGate.Refusal) -> UnsafeRawBufferPointer {
        guard rest.count >= count else { throw .malformedParams }
        defer { rest.removeFirst(count) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }
}
