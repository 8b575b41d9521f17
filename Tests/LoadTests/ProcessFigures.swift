import Foundation
import TestSupport

/// What the kernel says about a process (proc(5)).
struct ProcessFigures {
    /// Resident memory, kilobytes.
    let residentKB: Int
    /// The most that it has been, kilobytes.
    let peakResidentKB: Int
    let threads: Int
    let descriptors: Int

    init(of process: ServerProcess) throws {
        let folder = "/proc/\(process.pid)"
        let status = try String(contentsOfFile: "\(folder)/status", encoding: .utf8)
        func number(_ name: String) throws -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            guard let value = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
                throw TestSupportError("\(folder)/status has no \(name)")
            }
            return value
        }
        residentKB = try number("VmRSS")
        peakResidentKB = try number("VmHWM")
        threads = try number("Threads")
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").count
    }
}

extension Array where Element: Comparable {
    /// The value in the middle; the array must not be empty.
    var median: Element { sorted()[count / 2] }
}
