import Foundation
import Testing

@testable import TiniAppAuthBackend

struct SystemdNotifierTests {
    @Test("A state is sent as one datagram, to a path or to an abstract name", arguments: [false, true])
    func states(isAbstract: Bool) throws {
        let socket = try NotifySocket(isAbstract: isAbstract)
        let systemd = SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name])
        systemd.notify(.ready)
        #expect(socket.receive() == "READY=1\nSTATUS=Answering requests")
        systemd.notify(.stopping)
        #expect(socket.receive() == "STOPPING=1\nSTATUS=Finishing what is in flight")
        systemd.notify(.alive)
        #expect(socket.receive() == "WATCHDOG=1")
        // It stays on one line and cannot add a state.
        systemd.notify(.status("CLIENT_KEY is not set\nREADY=1\r\nSTOPPING=1"))
        #expect(socket.receive() == "STATUS=CLIENT_KEY is not set READY=1 STOPPING=1")
        #expect(socket.receive(within: 0) == nil)
    }

    @Test("A reload message carries the monotonic clock's time in microseconds")
    func reloading() throws {
        let socket = try NotifySocket()
        func now() -> Int64 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        }
        let before = now()
        SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name]).notify(.reloading)
        let text = try #require(socket.receive())
        let digits = try #require(text.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=(\d+)/)?.1)
        let time = try #require(Int64(digits))
        #expect(before <= time && time <= now())
    }

    @Test(
        "A missing or unreachable service manager is ignored",
        arguments: [
            nil, "", "/", "@", "relative", "/nowhere/notify", "@nobody", "/" + String(repeating: "x", count: 200),
        ] as [String?]
    )
    func nobody(name: String?) {
        SystemdNotifier(environment: Environment(name.map { ["NOTIFY_SOCKET": $0] } ?? [:])).notify(.ready)
    }

    @Test("A service manager that does not read delays a message only for a limited time")
    func fullQueue() throws {
        let socket = try NotifySocket()
        let systemd = SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name])
        var longest = Duration.zero
        // Sends until the queue is full; the kernel's limit is some hundreds.
        for _ in 0..<5_000 where longest < .milliseconds(500) {
            longest = max(longest, ContinuousClock().measure { systemd.notify(.alive) })
        }
        #expect(longest > .milliseconds(500), "the queue was never full")
        #expect(longest < .seconds(10))
    }

    @Test(
        "The watchdog is on only for this process and with a valid interval",
        arguments: [
            (["WATCHDOG_USEC": "15000000"], .seconds(15)),
            (["WATCHDOG_USEC": "5", "WATCHDOG_PID": "42"], .microseconds(5)),
            (["WATCHDOG_USEC": "5", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "5", "WATCHDOG_PID": "x"], nil),
            ([:], nil), (["WATCHDOG_PID": "42"], nil), (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-5"], nil),
            (["WATCHDOG_USEC": "soon"], nil), (["WATCHDOG_USEC": ""], nil),
            (["WATCHDOG_USEC": "5", "WATCHDOG_PID": ""], .microseconds(5)),
        ] as [([String: String], Duration?)]
    )
    func interval(environment: [String: String], expected: Duration?) {
        #expect(SystemdNotifier.watchdogInterval(Environment(environment), processID: 42) == expected)
    }
}
