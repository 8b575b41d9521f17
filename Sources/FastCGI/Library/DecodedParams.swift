import Glibc

/// The params of one request, in the memory of libfcgi, which has decoded them.
///
/// A request asks for a dozen names. `FCGX_GetParam` would compare each of them with all that have come; here their
/// lengths are measured once, and nearly always decide.
struct DecodedParams {
    /// One `NAME=value`.
    private struct Entry {
        let start: UnsafePointer<CChar>
        let nameCount: Int

        var value: String? {
            let value = start + nameCount + 1
            return value.pointee == 0 ? nil : String(cString: value)
        }
    }

    private let entries: UnsafeMutableBufferPointer<Entry>

    /// Gives the params to the body, and only for as long as it runs.
    ///
    /// - Parameter environment: libfcgi's, as it is laid out for a process: C strings, and a null pointer at the end.
    static func with<Value>(
        _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
        _ body: (DecodedParams) -> Value
    ) -> Value {
        var count = 0
        while environment[count] != nil { count += 1 }
        return withUnsafeTemporaryAllocation(of: Entry.self, capacity: count) { buffer in
            var found = 0
            for index in 0..<count {
                guard let start = environment[index] else { continue }
                let nameCount = strcspn(start, "=")
                // A zero byte within a name ends what C sees of it.
                guard start[nameCount] != 0 else { continue }
                buffer.initializeElement(at: found, to: Entry(start: start, nameCount: nameCount))
                found += 1
            }
            return body(DecodedParams(entries: UnsafeMutableBufferPointer(rebasing: buffer[..<found])))
        }
    }

    /// The value of the first param of that name; nil if it is absent or empty.
    subscript(name: UnsafeBufferPointer<UInt8>) -> String? {
        guard let start = name.baseAddress else { return nil }
        return entries.first { $0.nameCount == name.count && memcmp($0.start, start, name.count) == 0 }?.value
    }

    subscript(name: StaticString) -> String? { name.withUTF8Buffer { self[$0] } }
}
