import TiniAppAuth

/// A path, and the methods that it accepts.
enum Route {
    case auth(AuthRoute)
    /// Finds the owner of an access token, for a web server's sub-request before another API.
    case verify
    /// The greeting of the tutorial that this backend replaces; people check for it.
    case greeting
    /// The process answers.
    case live
    /// The process takes requests. Never `/healthz`: Cloud Run keeps paths that end in `z` for itself.
    case ready
    /// For Prometheus; the web server lets only this machine ask, and those that the operator names.
    case metrics
    /// The file that proves to Tini Console who owns the domain.
    case validation(id: String)

    /// - Returns: nil if the path does not exist.
    init?(path: String) {
        switch path {
        case "/": self = .greeting
        case "/health/live": self = .live
        case "/health/ready": self = .ready
        case "/metrics": self = .metrics
        case "/auth_verify": self = .verify
        default:
            if let route = AuthRoute.allCases.first(where: { $0.path == path }) {
                self = .auth(route)
            } else if let id = DomainValidation.id(inPath: path) {
                self = .validation(id: id)
            } else {
                return nil
            }
        }
    }

    /// Whether it is not for everybody. Such a path is there only if the web server says that it keeps outsiders away.
    var isInternal: Bool {
        switch self {
        case .metrics, .verify: true
        default: false
        }
    }

    var methods: [String] {
        switch self {
        case .auth: ["POST"]
        case .verify, .greeting, .live, .ready, .metrics, .validation: ["GET", "HEAD"]
        }
    }

    /// The names of all routes but the three calls, and of an unknown path.
    private enum Name: String, CaseIterable {
        case verify, greeting, live, ready, metrics, validation, unknown
    }

    /// All names there are.
    static let names = AuthRoute.allCases.map(\.rawValue) + Name.allCases.map(\.rawValue)

    /// For log and metrics.
    static func name(of route: Route?) -> String {
        switch route {
        case .auth(let route): route.rawValue
        case .verify: Name.verify.rawValue
        case .greeting: Name.greeting.rawValue
        case .live: Name.live.rawValue
        case .ready: Name.ready.rawValue
        case .metrics: Name.metrics.rawValue
        case .validation: Name.validation.rawValue
        case nil: Name.unknown.rawValue
        }
    }
}
