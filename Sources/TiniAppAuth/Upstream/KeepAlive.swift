import NIOCore
import NIOHTTP1

/// Reads how long a server keeps an idle connection (`Keep-Alive: timeout=5`, RFC 2068 section 19.7.1.1).
enum KeepAlive {
    static func timeout(_ headers: HTTPHeaders) -> TimeAmount? {
        for parameter in headers[canonicalForm: "Keep-Alive"] {
            let parts = parameter.lowercased().split(separator: "=")
            if parts.count == 2, parts[0] == "timeout", let seconds = Int64(parts[1]) {
                return .seconds(max(0, seconds))
            }
        }
        return nil
    }
}
