import Foundation
import Testing

@testable import TikiSandbox

struct Base64URLTests {
    static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    @Test("Base64url agrees with Foundation's base64 for every length and byte", arguments: 0..<260)
    func agreesWithFoundation(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
        let expected = Data(bytes).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
        #expect(String(decoding: Base64URL.encode(bytes), as: UTF8.self) == expected)
    }
}

struct JSONTextTests {
    @Test(
        "A string comes back from its JSON text",
        arguments: ["", "Ti Ni", "Bé Na 🐥", "\"\\/", "\u{0}\u{1}\n\r\t\u{1F}\u{7F}", "\u{2028}"]
    )
    func roundTrip(text: String) throws {
        let json = Data(JSONText.array([text]).utf8)
        #expect(try JSONDecoder().decode([String].self, from: json) == [text])
    }
}

struct HTTPDateTests {
    @Test("The date has the form of RFC 9110")
    func documentedExample() {
        #expect(HTTPDate.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    @Test("The date changes with the second")
    func cache() {
        let date = HTTPDate()
        #expect(date.text(milliseconds: 784_111_777_000) == date.text(milliseconds: 784_111_777_999))
        #expect(date.text(milliseconds: 784_111_778_000) == "Sun, 06 Nov 1994 08:49:38 GMT")
    }
}

struct RecentItemsTests {
    @Test("The newest items are kept in order")
    func keepsNewest() {
        var items = RecentItems<Int>(limit: 3)
        #expect((1...5).map { items.append($0) } == [nil, nil, nil, 1, 2])
        #expect(items.inOrder == [3, 4, 5])
    }
}
