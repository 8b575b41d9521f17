import NIOCore

/// Shows the service manager that the process works: the event loop must answer before each message. One that hangs prevents
/// the message, and the manager ends the process and starts another.
struct Watchdog {
    let systemd: SystemdNotifier
    /// The interval in which the manager expects a message.
    let interval: Duration
    let eventLoop: any EventLoop

    /// Runs until the task is cancelled. That must not be before the shutdown is over: the manager waits until then.
    func run() async {
        while !Task.isCancelled, (try? await eventLoop.submit {}.get()) != nil {
            systemd.notify(.alive)
            // Half of the time, as sd_watchdog_enabled(3) advises.
            try? await Task.sleep(for: interval / 2)
        }
    }
}
