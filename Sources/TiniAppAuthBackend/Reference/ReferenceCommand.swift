import ArgumentParser

/// Prints the parts of the documentation that the program knows best. `make docs` writes them to their files.
struct ReferenceCommand: ParsableCommand {
    enum Page: String, CaseIterable, ExpressibleByArgument {
        /// `docs/settings.md`.
        case settings
        /// `env.example`.
        case environment
        /// `docs/errors.md`.
        case errors
        /// The table in `docs/operations.md`.
        case metrics
    }

    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Print a generated page of the documentation.",
        shouldDisplay: false
    )

    @Argument var page: Page

    func run() {
        switch page {
        case .settings: print(SettingsPages.markdown, terminator: "")
        case .environment: print(SettingsPages.environment, terminator: "")
        case .errors: print(ErrorsPage.markdown, terminator: "")
        case .metrics: print(Metric.table, terminator: "")
        }
    }
}
