import Upstream

/// The origin of a web page, as a browser writes it into `Origin` (RFC 6454 section 6.2): scheme, host in lower case, and
/// the port if it is not the scheme's own.
enum WebOrigin {
    /// Whether the text is one, letter for letter, and of a page from `http` or `https`.
    static func isOrigin(_ text: String) -> Bool {
        text.utf8.count <= 256 && UpstreamURL(text).map { $0.origin.description == text } == true
    }
}

extension SettingType where Value == [String] {
    static let origins = SettingType(
        name: "origins, with commas or spaces between them",
        problem:
            "is not a list of origins such as https://tiki.vn: lower case, no path, no port that is the scheme's own",
        parse: { text in
            let origins = text.split { $0 == "," || $0 == " " }.map(String.init)
            return origins.allSatisfy(WebOrigin.isOrigin) ? origins : nil
        },
        text: { $0.isEmpty ? nil : $0.joined(separator: " ") }
    )
}
