import Foundation
import TestSupport
import Testing

/// The seeds and regressions of the fuzzer, against a process.
@Suite("Recorded streams")
struct RecordedStreamTests {
    /// A folder's streams, sorted by name.
    static func streams(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
        let path = "\(PackageLayout.root)/Tests/Fuzz/\(folder)"
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(path)/\(name)").map { (name, Array($0)) }
        }
    }

    @Test("Recorded streams from nginx are answered")
    func nginx() async throws {
        let streams = try Self.streams(in: "Corpus/gate").filter { $0.name.hasPrefix("nginx-") }
        #expect(streams.count >= 7)
        try await FrontDoor.with { door in
            for (name, bytes) in streams {
                let peer = try door.connect()
                try peer.send(bytes)
                let answer = try await peer.answer(within: FrontDoor.promptly)
                #expect([200, 400, 415, 502].contains(answer.status), "\(name)")
            }
            try await door.expectUnharmed()
        }
    }

    @Test("Recorded streams of all kinds do no harm")
    func all() async throws {
        let streams = try Self.streams(in: "Corpus/gate") + Self.streams(in: "Regressions/gate")
        try await FrontDoor.with { door in
            for (_, bytes) in streams {
                let peer = try door.connect()
                try peer.send(bytes)
                peer.halfClose()
                _ = try await peer.readToEnd(within: FrontDoor.promptly)
            }
            try await door.expectUnharmed()
        }
    }
}
