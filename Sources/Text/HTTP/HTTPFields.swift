/// An answer's header fields, as received.
package struct HTTPFields: Sendable {
    /// Where a field's name and value are in the text.
    private struct Place {
        let name: Range<Int>
        var value: Range<Int>
    }

    private var text: [UInt8]
    private var places: [Place] = []

    /// Starts without fields.
    ///
    /// - Parameter text: the text that the fields' ranges refer to.
    init(in text: [UInt8]) {
        self.text = text
        places.reserveCapacity(12)
    }

    /// Adds a field at the end.
    mutating func append(name: Range<Int>, value: Range<Int>) {
        places.append(Place(name: name, value: value))
    }

    /// Continues the value of the last field. The line break becomes white space (RFC 9112 section 5.2).
    ///
    /// - Returns: whether there was a field to continue.
    mutating func fold(_ more: Range<Int>) -> Bool {
        guard let last = places.last else { return false }
        for index in last.value.upperBound..<more.lowerBound { text[index] = UInt8(ascii: " ") }
        places[places.count - 1].value = last.value.lowerBound..<more.upperBound
        return true
    }

    /// The values of all fields with this name, in order.
    ///
    /// - Parameter name: in lower case.
    package subscript(name: StaticString) -> [String] {
        var values: [String] = []
        for place in places where isEqual(place.name, name) { values.append(string(place.value)) }
        return values
    }

    /// The value of the first field with this name.
    ///
    /// - Parameter name: in lower case.
    package func first(_ name: StaticString) -> String? {
        for place in places where isEqual(place.name, name) { return string(place.value) }
        return nil
    }

    /// The value of the field with this name, if there is just one.
    ///
    /// - Parameter name: in lower case.
    package func only(_ name: StaticString) -> String? {
        var value: Range<Int>?
        for place in places where isEqual(place.name, name) {
            guard value == nil else { return nil }
            value = place.value
        }
        return value.map(string)
    }

    /// Calls the body with each element of all fields with this name, whose value is a list (RFC 9110 section 5.6.1).
    ///
    /// - Parameter name: in lower case.
    func forEachElement(of name: StaticString, _ body: (Range<Int>) -> Void) {
        for place in places where isEqual(place.name, name) {
            var start = place.value.lowerBound
            for index in place.value where text[index] == UInt8(ascii: ",") {
                body(text[start..<index].trimmed.indices)
                start = index + 1
            }
            body(text[start..<place.value.upperBound].trimmed.indices)
        }
    }

    /// The elements of all fields with this name, in lower case.
    ///
    /// - Parameter name: in lower case.
    package func list(_ name: StaticString) -> [String] {
        var elements: [String] = []
        forEachElement(of: name) { if !$0.isEmpty { elements.append(string($0).lowercased()) } }
        return elements
    }

    /// The value of decimal digits, 18 at most; nil for anything else.
    func number(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var number = 0
        for index in range {
            guard text[index].isASCIIDigit else { return nil }
            number = number * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return number
    }

    /// Whether a part of the text equals a word, ignoring case.
    ///
    /// - Parameter word: in lower case.
    func isEqual(_ range: Range<Int>, _ word: StaticString) -> Bool {
        // The length nearly always tells words apart.
        range.count == word.utf8CodeUnitCount && text[range].isEqual(word)
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
}

extension HTTPFields: Equatable {
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.places.elementsEqual(rhs.places) { left, right in
            lhs.text[left.name] == rhs.text[right.name] && lhs.text[left.value] == rhs.text[right.value]
        }
    }
}
