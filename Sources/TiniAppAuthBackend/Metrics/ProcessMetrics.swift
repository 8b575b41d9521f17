import Glibc
import Text

/// The metrics that Prometheus' own clients have of every process, under the names of its page "Writing client libraries".
/// Read from the system whenever somebody asks.
enum ProcessMetrics {
    /// Nearly: when the first part of the process asked for it, which ``begin()`` makes early.
    private static let start = Double(WallClock.milliseconds()) / 1_000

    static func begin() { _ = start }

    /// In Prometheus' text format. What the system does not tell is left out.
    static func text() -> String {
        let values: [(name: String, type: String, value: Double?)] = [
            ("process_cpu_seconds_total", "counter", cpuSeconds()),
            ("process_max_fds", "gauge", maxDescriptors()),
            ("process_open_fds", "gauge", openDescriptors()),
            ("process_resident_memory_bytes", "gauge", residentBytes()),
            ("process_start_time_seconds", "gauge", start),
        ]
        return values.map { name, type, value in
            guard let value else { return "" }
            return "# HELP \(name) \(Metric.help[name] ?? "")\n# TYPE \(name) \(type)\n\(name) \(value)\n"
        }.joined()
    }

    private static func cpuSeconds() -> Double? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    }

    private static func maxDescriptors() -> Double? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
    }

    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        // Without `.`, `..` and the folder's own.
        return Double(entries - 3)
    }

    /// The second number of proc_pid_statm(5) is in pages.
    private static func residentBytes() -> Double? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        let numbers = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        return numbers.dropFirst().first.flatMap { Double($0) }.map { $0 * Double(getpagesize()) }
    }
}
