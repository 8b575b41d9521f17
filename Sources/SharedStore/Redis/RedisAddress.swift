import FoundationEssentials
import Transport

/// A server's address as a URL: `redis://HOST:PORT/DATABASE`, `rediss://…` for TLS, `redis+unix:///PATH?db=DATABASE`.
package struct RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// How to get there.
    package enum Place: Sendable, Hashable {
        /// A name or an IP address, an IPv6 address without its brackets.
        case host(String, port: Int, usesTLS: Bool)
        /// A unix socket's path.
        case socket(String)
    }

    /// Why a URL cannot be used, to be read after the setting's name. Never quotes the URL: it may have a password.
    package enum Problem: String, Error, CustomStringConvertible, Sendable {
        case scheme = "does not begin with redis://, rediss:// or redis+unix://"
        case host = "has no host that can be used"
        case port = "has no port from 1 to 65535"
        case path = "has no path of a socket, from / on and at most 107 bytes"
        case database = "has a database that is not a number from 0 to 65535"
        case credentials = "has a user or password in it, where they can be seen; they have settings of their own"
        case more = "has parts that mean nothing here"

        package var description: String { rawValue }
    }

    package let place: Place
    package let database: Int

    package var usesTLS: Bool {
        if case .host(_, _, usesTLS: true) = place { true } else { false }
    }

    /// Whether what is sent there can be read on the way to another machine.
    package var isClearText: Bool {
        if case .host(let host, _, usesTLS: false) = place { !HostText.isLoopback(host) } else { false }
    }

    /// For the log.
    package var description: String {
        switch place {
        case .host(let host, let port, let usesTLS):
            "\(usesTLS ? "rediss" : "redis")://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .socket(let path):
            "redis+unix://\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }

    package init(_ text: String) throws(Problem) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else {
            throw .scheme
        }
        guard ["redis", "rediss", "redis+unix"].contains(scheme) else { throw .scheme }
        guard parts.user == nil, parts.password == nil else { throw .credentials }
        guard parts.fragment == nil else { throw .more }
        if scheme == "redis+unix" {
            guard parts.host?.isEmpty ?? true, parts.port == nil else { throw .path }
            let path = parts.path
            guard path.hasPrefix("/"), path.utf8.count > 1, path.utf8.count <= 107, !path.utf8.contains(0) else {
                throw .path
            }
            place = .socket(path)
            database = try Self.database(inQuery: parts.percentEncodedQuery)
        } else {
            place = try Self.host(of: parts, usesTLS: scheme == "rediss")
            guard parts.query == nil else { throw .more }
            let path = parts.path
            database = path.isEmpty || path == "/" ? 0 : try Self.database(path.dropFirst())
        }
    }

    private static func host(of parts: URLComponents, usesTLS: Bool) throws(Problem) -> Place {
        var host = parts.host ?? ""
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, HostText.isPlausible(host) else { throw .host }
        // A port that is too large for an integer is nil to Foundation.
        if parts.port == nil, let range = parts.rangeOfPort, !range.isEmpty { throw .port }
        let port = parts.port ?? 6_379
        guard (1...65_535).contains(port) else { throw .port }
        return .host(host.lowercased(), port: port, usesTLS: usesTLS)
    }

    private static func database(inQuery query: String?) throws(Problem) -> Int {
        guard let query else { return 0 }
        guard query.hasPrefix("db=") else { throw .more }
        return try database(query.dropFirst(3))
    }

    private static func database(_ text: some StringProtocol) throws(Problem) -> Int {
        // UInt16's parser accepts "+1".
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt16(text)
        else { throw .database }
        return Int(number)
    }
}

/// A password. Prints as nothing.
package struct RedisPassword: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { "RedisPassword" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
