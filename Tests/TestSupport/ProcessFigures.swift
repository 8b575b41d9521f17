import Foundation

/// The kernel's figures for a process (proc(5)).
package struct ProcessFigures: Sendable {
    /// Resident memory, kilobytes.
    package let residentKB: Int
    /// The maximum of resident memory, kilobytes.
    package let peakResidentKB: Int
    package let threads: Int
    package let descriptors: Int
    /// CPU time used so far.
    package let cpuMilliseconds: Int

    /// - Parameter withoutRuntime: leaves out the descriptors that the Swift runtime opens for signals and timers. Some
    ///   come only after the first answers, and none is a socket, pipe or file, as a connection's would be.
    package init(of process: ServerProcess, withoutRuntime: Bool = false) throws {
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
        let files = FileManager.default
        descriptors = try files.contentsOfDirectory(atPath: "\(folder)/fd").count { number in
            guard withoutRuntime else { return true }
            // A descriptor that was closed since then has no target.
            let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/fd/\(number)")
            return target.map { !$0.hasPrefix("anon_inode:") } ?? false
        }
        // The name in parentheses may contain spaces; the state after it is the third field. Times are in 10 ms.
        let stat = try String(contentsOfFile: "\(folder)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw TestSupportError("no CPU time of \(process.pid)")
        }
        cpuMilliseconds = (user + system) * 10
    }
}
