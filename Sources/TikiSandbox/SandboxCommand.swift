import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import NIOSSL

/// The command `tiki-sandbox`.
@main
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiki-sandbox",
        abstract: "A local stand-in for Tiki's token API, for demos, tests and benchmarks.",
        discussion: """
            Prints one line, "tiki-sandbox listening on http://HOST:PORT", once it accepts connections, and stops on \
            TERM or INT. POST /sandbox/codes makes an auth code. Nothing is stored beyond its end.
            """
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes any free one.")
    var port = 0

    @Option(help: "The client key; else CLIENT_KEY, else the one of Tiki's signature examples.")
    var clientKey: String?

    @Option(help: "The client secret; else CLIENT_SECRET, else the one of Tiki's signature examples.")
    var clientSecret: String?

    @Option(help: ArgumentHelp("Certificate chain in PEM form: serves HTTPS.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's private key in PEM form.", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("How long an access token is valid.", valueName: "seconds"))
    var tokenLifetime = 3600

    @Option(help: ArgumentHelp("How long a code is valid.", valueName: "seconds"))
    var codeLifetime = 600

    @Option(help: ArgumentHelp("Answer each of Tiki's three calls this much later.", valueName: "milliseconds"))
    var delay = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run its clock ahead, or with a minus behind.", valueName: "seconds")
    )
    var clockOffset = 0

    @Flag(help: "Log nothing but its own failures.")
    var quiet = false

    @Flag(help: "Log one line a call, without codes, tokens or signatures.")
    var verbose = false

    func validate() throws {
        let day = 86_400
        try Self.check("--port", self.port, in: 0...65_535)
        try Self.check("--token-lifetime", self.tokenLifetime, in: 1...(365 * day))
        try Self.check("--code-lifetime", self.codeLifetime, in: 1...(365 * day))
        try Self.check("--delay", self.delay, in: 0...600_000)
        try Self.check("--clock-offset", self.clockOffset, in: (-365 * day)...(365 * day))
        guard (self.certificate == nil) == (self.privateKey == nil) else {
            throw ValidationError("--certificate and --private-key go together: give both, or neither for plain HTTP")
        }
        guard self.clientKey != "", self.clientSecret != "" else {
            throw ValidationError("--client-key and --client-secret must not be empty")
        }
        guard !(self.quiet && self.verbose) else {
            throw ValidationError("--quiet and --verbose contradict each other")
        }
    }

    private static func check(_ option: String, _ value: Int, in range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) must be between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    func run() async throws {
        OpenFileLimit.raise()
        var logger = Logger(label: "tiki-sandbox") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = self.verbose ? .debug : self.quiet ? .error : .warning
        let server = SandboxServer(
            sandbox: Sandbox(settings: self.settings),
            host: self.host,
            port: self.port,
            tls: try self.tlsConfiguration,
            logger: logger
        )
        // Before the line is printed: a script may stop the sandbox as soon as it has read it. There is nothing to save, and
        // waiting for a call that is never answered would take forever.
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        let scheme = server.tls == nil ? "http" : "https"
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        do {
            try await server.run { port in
                print("tiki-sandbox listening on \(scheme)://\(host):\(port)")
                // Into a pipe, the line would otherwise stay buffered until the end.
                fflush(nil)
            }
        } catch {
            throw StartError(description: "cannot listen on \(host):\(self.port): \(error)")
        }
    }

    private var settings: SandboxSettings {
        var settings = SandboxSettings()
        // An empty variable counts as not set.
        let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
        settings.clientKey = self.clientKey ?? environment["CLIENT_KEY"] ?? settings.clientKey
        settings.clientSecret = self.clientSecret ?? environment["CLIENT_SECRET"] ?? settings.clientSecret
        settings.codeLifetimeSeconds = self.codeLifetime
        settings.tokenLifetimeSeconds = self.tokenLifetime
        settings.delayMilliseconds = self.delay
        settings.clock.offsetMilliseconds = Int64(self.clockOffset) * 1000
        return settings
    }

    private var tlsConfiguration: TLSConfiguration? {
        get throws {
            guard let certificate = self.certificate, let privateKey = self.privateKey else { return nil }
            return try ServerCertificate.configuration(certificate: certificate, privateKey: privateKey)
        }
    }
}

/// Why the sandbox could not start, in one sentence for the terminal.
struct StartError: Error, CustomStringConvertible {
    var description: String
}

/// The number of connections that the process may hold.
enum OpenFileLimit {
    /// Raises the limit to what the system allows: the usual 1,024 is too low for a load test. Best effort.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
