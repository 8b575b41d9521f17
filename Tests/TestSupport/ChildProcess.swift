import Foundation
import Glibc
import Synchronization

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
}

/// The signal that a child gets if the test process ends without stopping it.
package enum DeathSignal: String, Sendable {
    /// For most children.
    case kill = "KILL"
    /// For one that must end its own children.
    case terminate = "TERM"

    var number: CInt {
        switch self {
        case .kill: SIGKILL
        case .terminate: SIGTERM
        }
    }
}

/// A child process, with a thread that starts it and waits for its end.
///
/// The kernel ends the child when that thread ends, so when the test process does: nothing survives a crashed run.
/// (Linux ties the death signal to the thread that started the child, and the threads that tests run on come and go.)
final class ChildProcess: Sendable {
    /// The command to start, with what it inherits.
    struct Plan: Sendable {
        var arguments: [String]
        var environment: [String: String]
        var inputPath = "/dev/null"
        var outputPath: String
        var errorPath: String
        /// The signal that ends the child when the test process has ended.
        var deathSignal = DeathSignal.kill
        /// Becomes the child's descriptor 3. It gets no others but the standard ones.
        var inherited: CInt?
    }

    let pid: pid_t
    private let exit: Mutex<ExitStatus?> = Mutex(nil)

    private init(pid: pid_t) {
        self.pid = pid
    }

    var exitStatus: ExitStatus? { exit.withLock { $0 } }

    /// Sends a signal; does nothing once the child has ended.
    func signal(_ number: CInt) {
        // Under the lock, so that the id cannot belong to another process by now.
        exit.withLock { if $0 == nil { _ = kill(pid, number) } }
    }

    static func start(_ plan: Plan) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let child = ChildProcess(pid: try spawn(plan))
                    continuation.resume(returning: child)
                    child.reap()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        exit.withLock { status in
            var raw: CInt = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            let signal = raw & 0x7F
            status = signal == 0 ? .code(raw >> 8 & 0xFF) : .signal(signal)
        }
    }

    private static func spawn(_ plan: Plan) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, plan.inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, plan.outputPath, create, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, plan.errorPath, create, 0o600)
        if let inherited = plan.inherited { posix_spawn_file_actions_adddup2(&actions, inherited, 3) }
        // More than a test process has. Closing one that is not open is not an error.
        for descriptor in (plan.inherited == nil ? 3 : 4)..<CInt(1_024) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

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

        var prefix = ["setpriv", "--pdeathsig", plan.deathSignal.rawValue, "--"]
        if plan.inherited != nil {
            // systemd's protocol needs the child's process id, which only the child knows.
            prefix += ["sh", "-c", #"LISTEN_FDS=1 LISTEN_PID=$$ exec "$@""#, "sh"]
        }
        var pid: pid_t = 0
        let code = withCStrings(prefix + plan.arguments) { arguments in
            withCStrings(plan.environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawnp(&pid, "setpriv", &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw TestSupportError("cannot start \(prefix[0]): \(String(cString: strerror(code)))") }
        return pid
    }

    private static func withCStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return body(pointers + [nil])
    }
}
