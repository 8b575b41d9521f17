import FoundationEssentials
import NIOCore
import SharedStore
import Text
import Upstream

/// The problem with a setting's text, as words that follow the setting's name.
struct SettingProblem: Error, CustomStringConvertible {
    let description: String
}

extension Optional where Wrapped: Sendable {
    /// The value, or the problem that there is none.
    fileprivate func or(_ problem: String) throws(SettingProblem) -> Wrapped {
        guard let self else { throw SettingProblem(description: problem) }
        return self
    }
}

/// The type of a setting's value.
struct SettingType<Value: Sendable>: Sendable {
    /// For a reader, with the range.
    let name: String
    /// Whether the rules for the text of all other settings do not hold.
    var isVerbatim = false
    /// The value as one would write it; nil if the setting has none.
    let text: @Sendable (Value) -> String?
    /// Throws the problem, which never repeats the text.
    let parse: @Sendable (String) throws -> Value

    /// The same for a setting without a default.
    var optional: SettingType<Value?> {
        SettingType<Value?>(name: name, isVerbatim: isVerbatim, text: { $0.flatMap(text) }, parse: { try parse($0) })
    }
}

extension SettingType where Value == String {
    static let text = SettingType(name: "text", text: { $0 }, parse: { $0 })
    static let folder = SettingType(name: "a file's path", text: { $0 }, parse: { $0 })

    /// A path. A text like a TCP address is a problem: it would become a file of that name.
    static let socketPath = SettingType(name: "text", text: { $0 }) { path in
        // Without a regular expression: to set its engine up would take a twentieth of the start.
        let port = path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).dropFirst().last
        let isAddress = port.map { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) } ?? false
        return try (isAddress && !path.utf8.contains(UInt8(ascii: "/")) ? nil : path)
            .or("looks like a TCP address; only unix sockets are served")
    }
    static let validationID = SettingType(name: "text", text: { $0 }) {
        try (DomainValidation.isID($0) ? $0 : nil).or("is not 1 to 128 letters, digits, hyphens and underscores")
    }
    /// Any text, with the white space at its ends.
    static let validationText = SettingType(
        name: "text of up to \(DomainValidation.maxBytes) bytes",
        isVerbatim: true,
        text: { $0 },
        parse: {
            try ($0.utf8.count <= DomainValidation.maxBytes ? $0 : nil)
                .or("is longer than \(DomainValidation.maxBytes) bytes")
        }
    )

    /// A file of trusted certificates: its path, after it has been tried.
    static let certificates = SettingType(name: "a file's path", text: { $0 }) { path in
        if let problem = UpstreamTrust.problem(ofFile: path) {
            throw SettingProblem(description: "names a file that \(problem)")
        }
        return path
    }

    /// A file whose content is the value, without the byte order mark in front of it and the newline at its end, which
    /// editors add.
    ///
    /// - Parameter problem: the problem with a content, as words that follow "names a file"; nil if it is good.
    private static func content(_ problem: @escaping @Sendable (String) -> String?) -> SettingType {
        // One writes a path, and the value is a secret: it has no text.
        SettingType(name: "a file's path", text: { _ in nil }) { path in
            let content = try FileManager.default.contents(atPath: path).or("names a file that cannot be read")
            var text = String(decoding: content, as: UTF8.self)
            if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
            if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
            if let problem = problem(text) { throw SettingProblem(description: "names a file \(problem)") }
            return text
        }
    }
    static let secretFile = content { SettingsReader.problem(inText: $0).map { "whose content \($0)" } }
    /// Any text can be a password, except one that is certainly a mistake.
    static let passwordFile = content { text in
        if text.isEmpty { return "that is empty" }
        if text.hasPrefix("<"), text.hasSuffix(">") { return "whose content is still a placeholder" }
        return text.utf8.contains { $0 < 0x20 } ? "with more than one line, or with control characters" : nil
    }
}

extension SettingType where Value == UpstreamURL {
    static let url = SettingType(name: "http or https URL", text: { "\($0.origin)\($0.pathAndQuery)" }) {
        try UpstreamURL($0).or("is not an http or https URL")
    }
}

extension SettingType where Value == RedisAddress {
    static let storeURL = SettingType(
        name: "redis, rediss or redis+unix URL",
        text: \.description,
        parse: { try RedisAddress($0) }
    )
}

extension SettingType where Value == Bool {
    static let flag = SettingType(name: "0 or 1", text: { $0 ? "1" : "0" }) {
        try ["0": false, "1": true][$0].or("is neither 0 nor 1")
    }
}

extension SettingType where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        SettingType(name: "\(range.lowerBound) to \(range.upperBound)", text: { String($0) }) { text in
            try Int(text).flatMap { range.contains($0) ? $0 : nil }
                .or("is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension SettingType where Value == TimeAmount {
    /// Seconds, to the millisecond: 2.4 is just that and not what a floating point number makes of it.
    static func seconds(_ range: ClosedRange<Double>) -> Self {
        SettingType(
            name: "\(shortest(range.lowerBound)) to \(shortest(range.upperBound)) s",
            text: { shortest(Double($0.nanoseconds) / 1e9) },
            parse: { text in
                let seconds = try Double(text).flatMap { range.contains($0) ? $0 : nil }
                    .or("is not a number of seconds from \(range.lowerBound) to \(range.upperBound)")
                return .milliseconds(Int64((seconds * 1_000).rounded()))
            }
        )
    }

    /// Without a fraction that is zero.
    private static func shortest(_ number: Double) -> String {
        number == number.rounded() ? String(Int64(number)) : String(number)
    }
}

extension SettingType where Value: CaseIterable & RawRepresentable<String> {
    /// One of some words, in any case.
    static var word: Self {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return SettingType(name: words, text: { $0.rawValue }) {
            try Value(rawValue: $0.lowercased()).or("is none of \(words)")
        }
    }
}

extension SettingType where Value == [String] {
    static let origins = SettingType(
        name: "origins, with commas or spaces between them",
        text: { $0.isEmpty ? nil : $0.joined(separator: " ") },
        parse: { text in
            let origins = text.split { $0 == "," || $0 == " " }.map(String.init)
            return try (origins.allSatisfy(isOrigin) ? origins : nil).or(
                "is not a list of origins such as https://tiki.vn: lower case, no path, no port that is the scheme's own"
            )
        }
    )

    /// Whether the text is the origin of a web page, as a browser writes it into `Origin` (RFC 6454 section 6.2): scheme, host
    /// in lower case, and the port if it is not the scheme's own.
    static func isOrigin(_ text: String) -> Bool {
        text.utf8.count <= 256 && UpstreamURL(text).map { $0.origin.description == text } == true
    }
}
