import Foundation

/// What a process has of the system's, from /proc.
struct ProcessUsage {
    let threads: Int
    let descriptors: Int
    let residentKiB: Int

    /// - Throws: if there is no such process.
    init(pid: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        func number(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            return line.flatMap { Int($0.filter(\.isNumber)) } ?? -1
        }
        threads = number("Threads")
        residentKiB = number("VmRSS")
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }
}
