import Foundation
import Testing

/// The proofs that take long. They run when `LONG_TESTS=1` (make test-long), one at a time, and print their figures:
/// what they need is a machine that does nothing else.
@Suite("Long proofs", .serialized, .enabled(if: ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"))
enum LoadLongTests {}

/// The proofs about the way to Tiki with few calls, one at a time: each has several processes.
@Suite("Upstream proofs with a few calls", .serialized) enum UpstreamProofs {}

/// Prints a proof's figures as one line.
func printFigures(_ proof: String, _ figures: String) {
    print("proof: \(proof): \(figures)")
}
