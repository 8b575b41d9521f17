import Foundation
import TestSupport

/// What a process has computed so far, from /proc (proc(5): utime and stime, in hundredths of a second).
struct CPUTime {
    let milliseconds: Int

    init(of process: ServerProcess) throws {
        let stat = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
        // The name, in parentheses, may hold spaces; the state behind it is the third field.
        let fields = stat.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw TestSupportError("no CPU time of \(process.pid)")
        }
        milliseconds = (user + system) * 10
    }
}
