import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server that a test starts, with a thread that starts it and waits for its end.
///
/// The kernel kills it when that thread ends, so when the test process does: nothing survives a crashed run. (Linux ties the
/// death signal to the thread that started the child, and the threads that tests run on come and go.) Not by Foundation's
/// `Process`, which sometimes crashes: it copies more of a directory entry than there is.
final class ChildProcess: Sendable {
    private let pid: pid_t
    private let hasEnded = Mutex(false)

    private init(pid: pid_t) {
        self.pid = pid
    }

    deinit {
        signal(SIGKILL)
    }

    /// Starts a command with this process's `PATH`, and with three descriptors.
    ///
    /// - Parameter log: the file that gets what it prints.
    static func start(_ command: [String], log: String) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let child = ChildProcess(pid: try spawn(command, log))
                    continuation.resume(returning: child)
                    child.reap()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Sends a signal; does nothing once it has ended.
    func signal(_ number: CInt) {
        // Under the lock, so that the id cannot belong to another process by now.
        hasEnded.withLock { if !$0 { _ = kill(pid, number) } }
    }

    /// Waits until it is ready, by a given condition.
    ///
    /// - Throws: ``TestSupportError`` if it ends before that.
    func waitUntilReady(_ condition: () async throws -> Bool) async throws {
        try await eventually("the start of process \(pid)") {
            if try await condition() { return true }
            guard !hasEnded.withLock({ $0 }) else { throw TestSupportError("it has ended") }
            return false
        }
    }

    /// Kills it and waits for its end.
    func stop() async {
        signal(SIGKILL)
        try? await eventually("the end of process \(pid)") { hasEnded.withLock { $0 } }
    }

    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        hasEnded.withLock { hasEnded in
            while waitpid(pid, nil, 0) < 0, errno == EINTR {}
            hasEnded = true
        }
    }

    private static func spawn(_ command: [String], _ log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // More than a test process has. Closing one that is not open is not an error.
        for descriptor in 3..<CInt(1_024) { posix_spawn_file_actions_addclose(&actions, descriptor) }

        // A test runner may ignore or block signals; a child must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let arguments = (["setpriv", "--pdeathsig", "KILL", "--"] + command).map { strdup($0) }
        let environment = [strdup("PATH=\(ProcessInfo.processInfo.environment["PATH"] ?? "")")]
        defer { (arguments + environment).forEach { free($0) } }
        let code = posix_spawnp(&pid, "setpriv", &actions, &attributes, arguments + [nil], environment + [nil])
        guard code == 0 else { throw TestSupportError("cannot start setpriv: \(String(cString: strerror(code)))") }
        return pid
    }
}
