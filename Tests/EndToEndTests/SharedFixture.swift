import TestSupport
import Testing

/// All end-to-end tests, one after the other: some of them measure time, and each runs several processes.
@Suite("End-to-end tests", .serialized) enum EndToEnd {}

/// Something that a suite starts once for all its tests.
protocol SharedFixture: Sendable {
    func stop() async
}

extension Stack: SharedFixture {}

/// Starts a fixture before a suite's first test, and stops it after the last.
struct FixtureTrait: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var current: (any SharedFixture)?

    let start: @Sendable () async throws -> any SharedFixture

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let fixture = try await start()
        let result: Result<Void, any Error>
        do {
            result = .success(try await Self.$current.withValue(fixture) { try await function() })
        } catch {
            result = .failure(error)
        }
        await fixture.stop()
        try result.get()
    }
}

extension Trait where Self == FixtureTrait {
    /// Gives all tests of a suite one fixture.
    static func sharing(_ start: @escaping @Sendable () async throws -> any SharedFixture) -> Self {
        FixtureTrait(start: start)
    }

    /// Gives all tests of a suite sandbox, responder and nginx.
    static func sharingStack(_ environment: [String: String?] = [:]) -> Self {
        sharing { try await Stack.start(environment: environment) }
    }
}

/// The fixture of the suite that the running test is in.
func shared<Fixture: SharedFixture>(_ type: Fixture.Type = Fixture.self) throws -> Fixture {
    try #require(FixtureTrait.current as? Fixture)
}

/// Sandbox, responder and nginx of the suite that the running test is in.
func sharedStack() throws -> Stack { try shared() }
