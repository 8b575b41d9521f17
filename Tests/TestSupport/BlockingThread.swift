import Foundation

/// Runs blocking work on a separate thread: tests have few threads to run on.
package enum BlockingThread {
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Runs the body on many threads, with the thread's number, and waits for all of them.
    package static func run<Value: Sendable>(
        on threads: Int,
        _ body: @escaping @Sendable (Int) throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for number in 0..<threads {
                group.addTask { try await run { try body(number) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
