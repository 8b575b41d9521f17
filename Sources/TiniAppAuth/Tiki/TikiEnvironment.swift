import Upstream

/// Tiki's two sets of servers. An app has a separate key and secret for each; the wrong pair gives `invalid_signature`.
///
/// Source: Tini Console, "Cài đặt chung → Quản lý chung", which shows both base URLs.
package enum TikiEnvironment: String, CaseIterable, Sendable {
    case production = "Production"
    case sandbox = "Sandbox"

    /// The path of the base URL.
    package var basePath: String {
        switch self {
        case .production: "/tiniapp-open-api"
        case .sandbox: "/tiniapp-sandbox-open-api"
        }
    }

    /// The prefix of every call's URL.
    package var baseURL: String { "https://api.tiki.vn\(basePath)" }

    /// Decides by the path, so that a proxy in between makes no difference.
    ///
    /// - Returns: nil if the path is neither's.
    package init?(_ url: UpstreamURL) {
        guard let found = Self.allCases.first(where: { url.pathAndQuery.hasPrefix("\($0.basePath)/") }) else {
            return nil
        }
        self = found
    }

    /// Which key and secret belong to it, in Tini Console's words.
    package var credentials: String { "the pair in the block “Thông tin tích hợp \(rawValue)” of Tini Console" }

    package var other: TikiEnvironment { self == .production ? .sandbox : .production }
}
