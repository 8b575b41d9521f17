import Foundation
import Testing

/// The proofs that take long. They run when `LONG_TESTS=1` (make test-long), one at a time, and print their figures:
/// what they need is a machine that does nothing else.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["LONG_TESTS"] == "1"))
enum LoadLongTests {}

/// Prints a proof's figures as one line.
func printFigures(_ proof: String, _ figures: String) {
    print("FIGURES \(proof): \(figures)")
}
