/// Header fields of an answer, as they came.
package struct HTTPFields: Sendable {
    /// Where a field's name and value are in ``bytes``.
    private struct Place {
        let name: Range<Int>
        let value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var places: [Place] = []

    package init() {}

    /// Fields for tests.
    package init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { append(name: name.utf8, value: value.utf8) }
    }

    /// Adds a field at the end.
    mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let end = bytes.count
        bytes.append(contentsOf: value)
        places.append(Place(name: start..<end, value: end..<bytes.count))
    }

    /// Continues the value of the last field (RFC 9112 section 5.2).
    mutating func fold(_ more: ArraySlice<UInt8>) {
        guard let last = places.popLast() else { return }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: more)
        places.append(Place(name: last.name, value: last.value.lowerBound..<bytes.count))
    }

    /// The values of all fields of a name, in their order.
    ///
    /// - Parameter name: in lower case.
    package subscript(name: StaticString) -> [String] {
        var values: [String] = []
        for place in places where isNamed(name, place) {
            values.append(String(decoding: bytes[place.value], as: UTF8.self))
        }
        return values
    }

    /// The value of the first field of a name.
    ///
    /// - Parameter name: in lower case.
    package func first(_ name: StaticString) -> String? {
        places.first { isNamed(name, $0) }.map { String(decoding: bytes[$0.value], as: UTF8.self) }
    }

    /// The elements of all fields of a name, which is a list (RFC 9110 section 5.6.1): in lower case, without white space.
    ///
    /// - Parameter name: in lower case.
    package func list(_ name: StaticString) -> [String] {
        self[name].flatMap { $0.lowercased().split(separator: ",") }
            .map { String($0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()) }
            .filter { !$0.isEmpty }
    }

    private func isNamed(_ name: StaticString, _ place: Place) -> Bool {
        guard place.name.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { name in
            for (index, byte) in zip(place.name, name) where Self.lowercased(bytes[index]) != byte { return false }
            return true
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension HTTPFields: Equatable {
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.places.elementsEqual(rhs.places) { left, right in
            lhs.bytes[left.name] == rhs.bytes[right.name] && lhs.bytes[left.value] == rhs.bytes[right.value]
        }
    }
}
