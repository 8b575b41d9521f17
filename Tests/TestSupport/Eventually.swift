/// Waits until a condition holds, checking it often. Never blocks a thread.
///
/// - Parameter what: the event to wait for, for the error's text.
package func eventually(
    _ what: String,
    within timeout: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + timeout
    while true {
        // Checked once more after the timeout: on a busy machine a short sleep can take that long.
        let isOver = ContinuousClock.now >= deadline
        if try await condition() { return }
        guard !isOver else { throw TestSupportError("\(what): not within \(timeout)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
