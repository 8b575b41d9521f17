import Glibc
import Testing

@testable import FastCGI

/// Covers only what does not look at descriptor 3, which may be anything in a test.
struct InheritedSocketTests {
    @Test(
        "A socket that systemd passes to another process is not adopted, nor is none",
        arguments: ["1", "0", "", "-1", "x"]
    )
    func adoptForAnother(listenPID: String) throws {
        for (pid, fds) in [(listenPID, "1"), (nil, "1"), ("\(getpid())", nil), ("\(getpid())", "0")]
            as [(String?, String?)]
        {
            let adopted = try ListeningSocket.adopt(listenPID: pid, listenFDs: fds)
            let isNil = adopted == nil
            #expect(isNil)
        }
    }

    @Test("Any number of sockets other than one is an error", arguments: ["2", "", "x", "-1", "01"])
    func adoptOtherNumbers(listenFDs: String) {
        let reason = "LISTEN_FDS is '\(listenFDs)', and one socket is expected"
        do throws(FastCGIError) {
            _ = try ListeningSocket.adopt(listenPID: "\(getpid())", listenFDs: listenFDs)
            Issue.record("did adopt")
        } catch {
            #expect(error == .unusableInheritedSocket(reason: reason))
        }
    }
}
