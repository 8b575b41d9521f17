import Testing

@testable import Text

struct HTTPDateTests {
    @Test(
        "A date is read to the second",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Mon, 23 Nov 2026 07:08:09 GMT", 1_795_417_689), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] as [(String, Int64)]
    )
    func valid(text: String, seconds: Int64) {
        #expect(HTTPDate.unixTime(text) == seconds)
    }

    /// No date overflows in milliseconds, either, which dates are compared in.
    @Test(
        "Text that is not an HTTP date, or has absurd numbers, is refused",
        arguments: [
            "", " ", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun 06 Nov 1994 08:49:37 GMT", "Sun, 06 11 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, x Nov 1994 08:49:37 GMT", "Sun, 06 Nov x 08:49:37 GMT", "Sun, 06 Nov 1994 a:b:c GMT",
            "Sun, 06 Nov 1994 08:49:37:x GMT", "Sun, 06 Nov 1994 08:49:37:01 GMT", "Sun, 06 Nov 1994 08:x:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 -8:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 2147483647 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 2147483647 08:49:37 GMT", "Sun, 06 Nov -2147483648 08:49:37 GMT",
            "Sun, 06 Nov 1994 2147483647:2147483647:2147483647 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 06 Nov 10000 08:49:37 GMT", "Sun, 2147483647 Dec 2147483647 2147483647:2147483647:2147483647 GMT",
        ]
    )
    func invalid(text: String) {
        #expect(HTTPDate.unixTime(text) == nil)
    }
}
