import Testing

@testable import TiniAppAuthBackend

struct StandardErrorTests {
    /// The sizes of the writes for these lines.
    func writes(_ text: String) -> [Int] {
        var sizes: [Int] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            sizes.append(StandardError.lengthOfNextWrite(rest))
            rest = rest.dropFirst(sizes.last ?? 1)
        }
        return sizes
    }

    func line(_ length: Int) -> String { String(repeating: "x", count: length - 1) + "\n" }

    @Test("A write has as many complete lines as the kernel writes in one piece, and a longer line its own write")
    func wholeLines() {
        #expect(writes(String(repeating: line(1_000), count: 10)) == [4_000, 4_000, 2_000])
        #expect(writes(line(4_096) + line(1)) == [4_096, 1])
        #expect(writes(line(10)) == [10])
        #expect(writes(line(10) + line(5_000) + line(10)) == [10, 5_000, 10])
        #expect(writes(line(5_000)) == [5_000])
        #expect(writes(String(repeating: "x", count: 5_000)) == [5_000])
    }
}
