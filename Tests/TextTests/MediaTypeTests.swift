import Testing

@testable import Text

struct MediaTypeTests {
    static let json = [
        "application/json", "Application/JSON", " application/json ", "application/json;charset=utf-8",
        "application/json; charset=UTF-8", "application/json ;\tcharset=\"utf-8\"", "application/json; CHARSET=utf-8",
        "application/json; charset=utf8", "application/json;", "application/json; odata=verbose",
        "application/json; odata=verbose; charset=utf-8",
    ]

    static let others = [
        "", ";", "text/plain", "text/json", "application/jsonp", "application/json5", "application/problem+json",
        "application/x-json", "application", "application/json, text/plain", "application/json charset=utf-8",
        "*/*", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16", "application/json; charset=\"utf-16\"", "application/json; charset=",
        "application/json; charset=utf-8; charset=latin1", "multipart/form-data; boundary=application/json",
    ]

    @Test("JSON in UTF-8 is accepted, however RFC 9110 lets it be spelled, and nothing else", arguments: json + others)
    func isJSON(contentType: String) {
        #expect(MediaType.isJSON(contentType) == Self.json.contains(contentType))
    }

    @Test(
        "A content encoding may be a list of nothing",
        arguments: [
            ("", true), ("identity", true), ("Identity, identity", true), (" , identity ,\t", true), ("gzip", false),
            ("identity, gzip", false), ("gzip, identity", false), ("identityx", false), ("iden tity", false),
        ]
    )
    func unencoded(contentEncoding: String, isUnencoded: Bool) {
        #expect(MediaType.isUnencoded(contentEncoding) == isUnencoded)
    }
}
