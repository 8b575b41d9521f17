import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Text

/// Why a connection could not be opened, worded for operators.
package struct ConnectFailure: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of failure. The raw value is a stable code for log and metrics.
    package enum Reason: String, CaseIterable, Sendable {
        case nameNotFound = "name_not_found"
        case nameLookupTimedOut = "name_lookup_timeout"
        case nameLookupFailed = "name_lookup_failed"
        case refused = "connection_refused"
        case noRoute = "no_route"
        case timedOut = "connect_timeout"
        case closed = "closed_while_connecting"
        case certificateExpired = "certificate_expired"
        case certificateNotYetValid = "certificate_not_yet_valid"
        case certificateWrongName = "certificate_wrong_name"
        case certificateUntrusted = "certificate_untrusted"
        case tls = "tls_failed"
        case other = "connect_failed"
    }

    package let reason: Reason
    /// A sentence for the operator. Quotes nothing from a certificate.
    package let description: String
    /// The address that was tried last, with its port; nil if none was tried.
    package internal(set) var address: String?

    init(_ reason: Reason, _ description: String, address: String? = nil) {
        self.reason = reason
        self.description = description
        self.address = address
    }

    /// - Parameters:
    ///   - error: NIO's error.
    ///   - timeout: how long connecting was allowed to take.
    ///   - certificate: the peer's, if it got that far; the error does not say why it was not accepted.
    package init(_ error: any Error, timeout: TimeAmount, certificate: NIOSSLCertificate? = nil) {
        switch error {
        case let error as ConnectFailure:
            self = error
        case let error as NIOConnectionError:
            self.init(error, timeout: timeout)
        case let error as IOError:
            self.init(errno: error.errnoCode)
        case ChannelError.connectTimeout:
            self.init(.timedOut, "timed out after \(Self.seconds(timeout)) s")
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed:
            self.init(.closed, "closed by the server at once")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init(.certificateWrongName, "the certificate is for another name")
        case NIOSSLError.unableToValidateCertificate:
            self.init(.certificateWrongName, "the certificate is for another name or address")
        case NIOSSLError.handshakeFailed(let error):
            self.init(handshake: error, certificate)
        default:
            self.init(.other, "\(error)")
        }
    }

    /// If several addresses failed, only the last one's failure is reported.
    private init(_ error: NIOConnectionError, timeout: TimeAmount) {
        if let last = error.connectionErrors.last {
            self.init(last.error, timeout: timeout)
            address = last.target.text
        } else if let lookup = error.dnsAError ?? error.dnsAAAAError {
            if let lookup = lookup as? NameFailure {
                self.init(lookup, name: error.host)
            } else {
                self.init(lookup, timeout: timeout)
            }
        } else {
            self.init(.notFound, name: error.host)
        }
    }

    init(_ failure: NameFailure, name: String) {
        switch failure {
        case .notFound: self.init(.nameNotFound, "name not found: \(name)")
        case .timedOut: self.init(.nameLookupTimedOut, "the name could not be looked up in time")
        case .failed: self.init(.nameLookupFailed, "the name servers could not answer")
        }
    }

    private init(errno code: CInt) {
        switch code {
        case ECONNREFUSED: self.init(.refused, "connection refused")
        case ECONNRESET, EPIPE: self.init(.closed, "connection reset by the server")
        case EHOSTUNREACH, ENETUNREACH: self.init(.noRoute, "no route to the server")
        default: self.init(.other, String(cString: strerror(code)))
        }
    }

    private init(handshake error: BoringSSLError, _ certificate: NIOSSLCertificate?) {
        guard case .sslError(let stack) = error, let first = stack.first else {
            self.init(.tls, "the TLS handshake failed")
            return
        }
        if stack.contains(.eofDuringHandshake) {
            self.init(.closed, "closed by the server in the TLS handshake")
            return
        }
        // "Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at /…:297"
        let parts = first.description.split(separator: ":")
        let name = parts.count > 5 ? parts[5].prefix { $0 != " " } : "unknown"
        if name == "CERTIFICATE_VERIFY_FAILED" {
            self.init(untrusted: certificate)
        } else if name == "WRONG_VERSION_NUMBER" {
            self.init(.tls, "this port does not speak TLS")
        } else {
            self.init(.tls, "the TLS handshake failed: \(name)")
        }
    }

    private init(untrusted certificate: NIOSSLCertificate?) {
        let now = WallClock.milliseconds() / 1_000
        if let certificate, certificate.notValidAfter < now {
            self.init(.certificateExpired, "the certificate has expired")
        } else if let certificate, certificate.notValidBefore > now {
            self.init(.certificateNotYetValid, "the certificate is not valid yet")
        } else {
            self.init(
                .certificateUntrusted,
                "the certificate is self-signed, or its issuer is not trusted or has expired"
            )
        }
    }

    private static func seconds(_ time: TimeAmount) -> String {
        let milliseconds = time.nanoseconds / 1_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)" : "\(Double(milliseconds) / 1_000)"
    }
}

extension SocketAddress {
    /// Address and port.
    var text: String? {
        guard let ipAddress, let port else { return nil }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
