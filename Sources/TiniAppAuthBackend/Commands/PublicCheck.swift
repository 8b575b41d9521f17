import NIOPosix
import Text
import Transport
import Upstream

/// Looks at a server from outside, as Tini Console and the apps on phones do.
struct PublicCheck {
    /// The findings, a line each.
    private(set) var lines: [String] = []
    /// The verdict on them.
    private(set) var verdict: CheckVerdict

    /// - Parameters:
    ///   - address: as one enters it in Tini Console: https://auth.example.vn
    ///   - id: the name in the address of Tini Console's file; nil if that is not to be looked for.
    ///   - text: the content that the file must have; nil if that is not known.
    ///   - caFile: certificates to trust in place of the system's; nil for those.
    init(of address: String, id: String?, text: String?, caFile: String?) async {
        let server: UpstreamURL
        do throws(Problem) {
            server = try Self.entry(address)
        } catch {
            verdict = CheckVerdict(isGood: false, "Tini Console does not take this address: \(error.text)")
            return
        }
        var configuration = UpstreamClient.Configuration()
        configuration.caFile = caFile
        configuration.connectTimeout = .seconds(5)
        let ready = server.replacingPathAndQuery(with: "/health/ready")

        let connection = await EndpointReport(of: ready, configuration)
        lines.append("server: \(connection.text)")
        guard connection.isReachable else {
            let hint =
                connection.connectFailure == .certificateUntrusted
                ? " Does the server send the issuer's certificate with its own, as certbot's fullchain.pem has it?" : ""
            verdict = CheckVerdict(
                isGood: false,
                "Neither Tini Console nor an app can connect: the reason is above.\(hint)"
            )
            return
        }

        let health = await Self.get(ready, configuration)
        lines.append("/health/ready: \(health.text)")
        guard health.response?.status == 200 else {
            verdict = CheckVerdict(isGood: false, "Something answers there, but not this backend, or it is not ready.")
            return
        }

        guard let id else {
            verdict = CheckVerdict(
                isGood: true,
                "Apps can connect. --validation-code NAME looks for Tini Console's file, too."
            )
            return
        }
        let path = DomainValidation.path(id: id)
        let file = await Self.get(server.replacingPathAndQuery(with: path), configuration)
        let problem = Self.problem(with: file.response, text)
        lines.append("\(path): \(file.text)")
        verdict =
            if let problem {
                CheckVerdict(isGood: false, "Tini Console will not accept the domain: \(problem)")
            } else {
                CheckVerdict(isGood: true, "Apps can connect, and Tini Console will find its file.")
            }
    }

    private struct Problem: Error {
        let text: String
    }

    /// Tiki's page "Đăng ký tên miền": an entry begins with `https://`.
    private static func entry(_ address: String) throws(Problem) -> UpstreamURL {
        guard address.hasPrefix("https://") else { throw Problem(text: "it must begin with https://") }
        guard let url = UpstreamURL(address) else { throw Problem(text: "it is not an address") }
        guard url.pathAndQuery == "/" else {
            throw Problem(text: "enter the server alone, \(url.origin), without a path")
        }
        guard !url.origin.isLoopback else {
            throw Problem(text: "\(url.origin.host) is this machine itself, and no other can reach it by that name")
        }
        return url
    }

    private static func get(
        _ url: UpstreamURL,
        _ configuration: UpstreamClient.Configuration
    ) async -> (response: HTTPResponse?, text: String) {
        do {
            let response = try await UpstreamClient.get(
                url,
                configuration,
                eventLoop: MultiThreadedEventLoopGroup.singleton.any()
            )
            return (response, "answered \(response.status), \(response.body.count) bytes")
        } catch let failure as UpstreamFailure {
            return (nil, "no answer: \(failure.code)")
        } catch {
            return (nil, "no answer: \(error)")
        }
    }

    private static func problem(with file: HTTPResponse?, _ text: String?) -> String? {
        guard let file else { return "its file could not be fetched." }
        switch file.status {
        case 200: break
        case 404: return "its file is not there. Is the name right, and the file in place?"
        case 300..<400: return "the server redirects its file; Tiki does not say that it follows."
        default: return "its file is answered with \(file.status)."
        }
        let type = file.fields.first("content-type") ?? ""
        guard type.lowercased().hasPrefix("text/plain") else { return "its file is not answered as text." }
        if file.body.isEmpty { return "its file is empty." }
        if let text, file.body != Array(text.utf8) {
            return "its file is there, with another text than TIKI_VALIDATION_TEXT."
        }
        return nil
    }
}
