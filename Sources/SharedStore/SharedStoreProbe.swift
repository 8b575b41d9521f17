import Logging
import NIOCore

/// Finds out whether a store can serve: connects and greets as instances do.
package struct SharedStoreProbe: Sendable {
    package struct Report: Sendable {
        /// The server's name and version, as it reports them.
        package var server: String
        /// From a command to its reply, over an open connection.
        package var roundTrip: Duration
        /// Conditions of the store's promise that it does not meet, worded for operators. An instance that requires the store
        /// does not use it then.
        package var problems: [String]
    }

    /// Why the store cannot serve at all, worded for operators.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    private let configuration: SharedStore.Configuration
    private let eventLoop: any EventLoop

    package init(_ configuration: SharedStore.Configuration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
    }

    /// - Throws: ``Failure``, or what ``SharedStore/Configuration/access()`` throws.
    package func run() async throws -> Report {
        let trust = try configuration.access().trust
        return try await eventLoop.flatSubmit {
            let report = eventLoop.makePromise(of: Report.self)
            var findings: StoreFindings?
            let logger = Logger(label: "probe") { _ in SwiftLogNoOpLogHandler() }
            let client = RedisClient(configuration, trust: trust, eventLoop: eventLoop, logger: logger) {
                connection,
                done in
                StoreGreeting.run(on: connection) { result in
                    findings = try? result.get()
                    if case .failure(let failure) = result { done(failure) } else { done(nil) }
                }
            }
            client.send(RedisCommand("EVAL", "return 7", "0")) { _ in
                guard let findings else {
                    report.fail(Failure(description: client.lastProblem ?? "it cannot be reached"))
                    return client.close()
                }
                let start = ContinuousClock.now
                client.send(RedisCommand("EVAL", "return 7", "0")) { _ in
                    let time = ContinuousClock.now - start
                    let report = report
                    report.succeed(Report(server: findings.server, roundTrip: time, problems: findings.problems))
                    client.close()
                }
            }
            return report.futureResult
        }.get()
    }
}
