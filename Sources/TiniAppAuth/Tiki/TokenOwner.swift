import Text

/// The owner of an access token, from Tiki's info call, in a form that is safe in a header field.
///
/// Source: Tiki's page "Exchange auth code", "Get info from auth token".
package struct TokenOwner: Sendable, Equatable {
    /// The customer's number, or a name of at most 64 letters, digits and `-._`.
    package let customerID: String
    /// The token's scopes, with spaces between them, as in OAuth (RFC 6749 section 3.3); empty if Tiki names none.
    package let scopes: String

    private static let longestID = 64
    private static let longestScopes = 1_024

    /// - Returns: nil if the answer is not a success, or has a value that does not belong in a header field.
    package init?(_ answer: TikiAnswer) {
        guard answer.status == 200, answer.errorReason == nil else { return nil }
        var scanner = JSONScanner(answer.body, allowsLoneSurrogates: true, inner: "data")
        guard (try? scanner.scan()) != nil, let id = scanner.innerValue(of: "customer_id").flatMap(Self.id)
        else {
            return nil
        }
        customerID = id
        guard let scopes = scanner.innerValue(of: "scopes") else {
            self.scopes = ""
            return
        }
        guard let scopes = Self.scopes(scopes) else { return nil }
        self.scopes = scopes
    }

    /// A number as it is, or a string without its quotation marks.
    private static func id(_ json: ArraySlice<UInt8>) -> String? {
        let text = json.first == UInt8(ascii: "\"") ? json.dropFirst().dropLast() : json
        let isFit = text.allSatisfy { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
        guard !text.isEmpty, text.count <= longestID, isFit else { return nil }
        // `null` and `true` are not names.
        guard json.first == UInt8(ascii: "\"") || text.allSatisfy(\.isASCIIDigit) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// An array of strings of the characters that RFC 6749 has for scopes. The JSON is valid and compact, so a space is
    /// part of a string, and a string with a space is not a scope.
    private static func scopes(_ json: ArraySlice<UInt8>) -> String? {
        guard json.first == UInt8(ascii: "["), json.count <= longestScopes else { return nil }
        var scopes: [String] = []
        for element in json.dropFirst().dropLast().split(separator: UInt8(ascii: ",")) {
            guard element.count > 2, element.first == UInt8(ascii: "\""), element.last == UInt8(ascii: "\"") else {
                return nil
            }
            let scope = element.dropFirst().dropLast()
            guard scope.allSatisfy(isScopeCharacter) else { return nil }
            scopes.append(String(decoding: scope, as: UTF8.self))
        }
        return scopes.joined(separator: " ")
    }

    /// RFC 6749 section 3.3: printable ASCII without space, `"` and `\`.
    private static func isScopeCharacter(_ byte: UInt8) -> Bool {
        (0x21..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
