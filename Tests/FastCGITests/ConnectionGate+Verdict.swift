@testable import FastCGI

extension ConnectionGate {
    /// Takes bytes that arrive in pieces of this size. A refusal is final.
    mutating func consume(_ bytes: [UInt8], pieces size: Int = .max) -> Verdict {
        var verdict = Verdict.incomplete
        var rest = bytes[...]
        repeat {
            verdict = rest.prefix(size).withUnsafeBytes { consume($0) }
            if case .refused = verdict { return verdict }
            rest = rest.dropFirst(size)
        } while !rest.isEmpty
        return verdict
    }

    /// A new gate's verdict.
    static func verdict(_ bytes: [UInt8], pieces size: Int = .max, limits: FastCGILimits = FastCGILimits()) -> Verdict {
        var gate = ConnectionGate(limits: limits)
        return gate.consume(bytes, pieces: size)
    }
}
