import Foundation
import TestSupport

/// Compares the answers that apps got with the requests that reached the upstream.
struct FaultVerdict {
    /// How often each fault, by name, led to each outcome.
    private(set) var table: [String: [String: Int]] = [:]
    /// Violations of the rules, in words.
    private(set) var violations: [String] = []
    /// The most arrivals of one exchange or refresh.
    private(set) var mostArrivals = 0
    /// The total number of arrivals.
    let arrivals: Int

    /// - Parameters:
    ///   - arrivals: the requests that reached the upstream.
    ///   - unseen: the possible outcomes of a request that never reached it.
    init(_ answers: [FaultedAnswer], arrivals: [FaultUpstream.Arrival], unseen: Set<String>) {
        self.arrivals = arrivals.count
        let byCredential = Dictionary(grouping: arrivals, by: \.request.credential)
        for answer in answers {
            let request = answer.request
            let arrived = byCredential[request.credential] ?? []
            let name = arrived.last.map { $0.fault?.rawValue ?? "on a closed connection" } ?? "never arrived"
            table[name, default: [:]][answer.outcome, default: 0] += 1
            if request.maxArrivals == 1 { mostArrivals = max(mostArrivals, arrived.count) }
            let what = "\(request.path) \(request.credential)"
            if arrived.count > request.maxArrivals { violations.append("\(what) arrived \(arrived.count) times") }
            // An info call that is sent again may find no connection.
            let mayEndUnseen = arrived.count < request.maxArrivals && (arrived.isEmpty || request.maxArrivals > 1)
            // If two arrived, the later one may have been recorded first.
            let allowed = arrived.reduce(into: mayEndUnseen ? unseen : []) {
                $0.formUnion(FaultExpectation.outcomes($1.fault))
            }
            if !allowed.contains(answer.outcome) { violations.append("\(what): \(name) → \(answer.outcome)") }
            if let mistake = answer.mistake { violations.append("\(what): \(answer.outcome), \(mistake)") }
        }
        for stranger in Set(byCredential.keys).subtracting(answers.map(\.request.credential)) {
            violations.append("'\(stranger)' arrived, and nobody had sent it")
        }
    }

    /// The table as lines of text.
    var lines: String {
        table.sorted { $0.key < $1.key }.map { name, outcomes in
            let counts = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            return "  \(name.padding(toLength: 24, withPad: " ", startingAt: 0)) \(counts.joined(separator: ", "))"
        }.joined(separator: "\n")
    }
}
