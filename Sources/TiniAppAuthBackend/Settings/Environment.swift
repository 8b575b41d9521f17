import ArgumentParser
import FoundationEssentials

/// The variables that a process was started with. An empty one counts as not set: Compose and Cloud Run pass those that
/// have no value as empty ones.
struct Environment: Sendable {
    private let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values.filter { !$0.value.isEmpty }
    }

    /// This process's.
    static var current: Environment { Environment(ProcessInfo.processInfo.environment) }

    var names: some Collection<String> { values.keys }

    subscript(name: String) -> String? { values[name] }
}

extension Environment: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements) { _, last in last })
    }
}
