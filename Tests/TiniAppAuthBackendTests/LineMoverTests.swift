import Foundation
import Testing

@testable import TiniAppAuthBackend

struct LineMoverTests {
    /// The sizes of the writes for these bytes, and how many bytes are kept for later.
    func writes(_ text: String, isAll: Bool = true) -> (sizes: [Int], kept: Int) {
        var sizes: [Int] = []
        var rest = Array(text.utf8)[...]
        while case let length = rest.withUnsafeBytes({ LineMover.nextWrite(of: $0, isAll: isAll) }), length > 0 {
            sizes.append(length)
            rest = rest.dropFirst(length)
        }
        return (sizes, rest.count)
    }

    func line(_ length: Int) -> String { String(repeating: "x", count: length - 1) + "\n" }

    @Test("A write has as many complete lines as the kernel writes atomically")
    func wholeLines() {
        #expect(writes(String(repeating: line(1_000), count: 10)).sizes == [4_000, 4_000, 2_000])
        #expect(writes(line(4_096) + line(1)).sizes == [4_096, 1])
        #expect(writes(line(10)).sizes == [10])
    }

    @Test("A longer line gets its own write")
    func longLine() {
        #expect(writes(line(10) + line(5_000) + line(10)).sizes == [10, 5_000, 10])
    }

    @Test("A line without its end is kept, unless nothing more will come")
    func unfinished() {
        #expect(writes(line(10) + "unfinished", isAll: false) == ([10], 10))
        #expect(writes(line(10) + "unfinished", isAll: true) == ([20], 0))
        #expect(writes(String(repeating: "x", count: 5_000), isAll: false) == ([], 5_000))
        #expect(writes(String(repeating: "x", count: 65_536), isAll: false) == ([65_536], 0))
    }

    @Test("Text goes through a pipe unchanged, in complete lines")
    func moved() throws {
        let (source, target) = (Pipe(), Pipe())
        let text = (1...200).map { line(1 + $0 * 37 % 500) }.joined()
        var mover = LineMover(to: target.fileHandleForWriting.fileDescriptor)
        var (rest, received) = (Array(text.utf8)[...], Data())
        // Parts that end anywhere.
        while !rest.isEmpty {
            source.fileHandleForWriting.write(Data(rest.prefix(3_001)))
            rest = rest.dropFirst(3_001)
            mover.move(from: source.fileHandleForReading.fileDescriptor)
            received += target.fileHandleForReading.availableData
        }
        #expect(String(decoding: received, as: UTF8.self) == text)
    }
}
