import Foundation
import Testing

/// Proofs that take long. They run with `LONG_TESTS=1` (make test-long), one at a time, and print their figures. They
/// need an otherwise idle machine.
@Suite("Long proofs", .serialized, .enabled(if: ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"))
enum LoadLongTests {}

/// Proofs about the connection to Tiki with few calls. One at a time, since each has several processes.
@Suite("Upstream proofs with a few calls", .serialized) enum UpstreamProofs {}

/// Prints a proof's figures as one line.
func printFigures(_ proof: String, _ figures: String) {
    print("proof: \(proof): \(figures)")
}
