@testable import FastCGI

extension ConnectionGate {
    mutating func consume(_ bytes: [UInt8]) -> Verdict {
        bytes.withUnsafeBytes { consume($0) }
    }

    /// The verdict on bytes that arrive in pieces of this size. A refusal is final.
    static func verdict(_ bytes: [UInt8], pieces size: Int = .max, limits: FastCGILimits = FastCGILimits()) -> Verdict {
        var gate = ConnectionGate(limits: limits)
        var verdict = Verdict.incomplete
        var rest = bytes[...]
        while !rest.isEmpty {
            verdict = gate.consume(Array(rest.prefix(size)))
            if case .refused = verdict { return verdict }
            rest = rest.dropFirst(size)
        }
        return verdict
    }
}
