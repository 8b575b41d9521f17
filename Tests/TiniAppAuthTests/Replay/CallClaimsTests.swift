import NIOCore
import Testing

@testable import TiniAppAuth

struct CallClaimsTests {
    @Test(
        "The age of another instance's outcome is never below 0 and never beyond the window, whatever the clocks say",
        arguments: [
            (0, 0), (999, 0), (1_000, 1), (44_999, 44), (45_000, 45), (600_000, 45), (-1, 0), (-600_000, 0),
            (Int64.max, 45), (Int64.min, 0),
        ]
    )
    func age(milliseconds: Int64, expected: Int) {
        #expect(CallClaims.age(endedAt: 0, now: milliseconds, window: .seconds(45)) == expected)
        #expect(CallClaims.age(endedAt: .min, now: .max, window: .seconds(45)) <= 45)
    }
}
