import CCares
import NIOCore
import NIOPosix
import Synchronization

/// Runs lookups, one after the other, on a dedicated thread that starts with the first one. Each origin has one, so
/// that an unanswered name does not delay others. Lives on the event loop.
final class LookupThread {
    private final class GiveUp: Sendable {
        let isDue = Atomic(false)
    }

    private let eventLoop: any EventLoop
    private var thread: NIOThreadPool?
    private let giveUp = GiveUp()

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    deinit { stop() }

    /// - Parameter report: called on the event loop, but no longer once the thread has been stopped.
    func run(_ lookup: NameLookup, report: @escaping (NameLookup.Event) -> Void) {
        let thread = self.thread ?? NIOThreadPool(numberOfThreads: 1)
        if self.thread == nil { thread.start() }
        self.thread = thread
        let report = NIOLoopBound(report, eventLoop: eventLoop)
        thread.submit { [eventLoop, giveUp] state in
            guard state == .active else { return }
            Self.blockBrokenPipes()
            lookup.run(until: { giveUp.isDue.load(ordering: .relaxed) }) { event in
                guard !giveUp.isDue.load(ordering: .relaxed) else { return }
                eventLoop.execute { report.value(event) }
            }
        }
    }

    /// Cancels a lookup that is in progress, and ends the thread.
    func stop() {
        giveUp.isDue.store(true, ordering: .relaxed)
        thread?.shutdownGracefully { _ in }
        thread = nil
    }

    /// c-ares writes to TCP connections, which a name server may have closed.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
