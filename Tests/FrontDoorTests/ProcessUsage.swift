import Foundation

/// What a process has of the system's, from /proc.
struct ProcessUsage {
    let threads: Int
    /// Sockets, pipes and files: what a connection can cost. What the Swift runtime opens for signals and timers is left
    /// out, since some of it comes only after the first answers.
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
        let folder = "/proc/\(pid)/fd"
        descriptors = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { number in
                // One that has been closed since then has no target.
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)")
                return target.map { !$0.hasPrefix("anon_inode:") } ?? false
            }
            .count
    }
}
