import NIOCore
import Text

/// One complete request, as the web server passed it. A value: nothing in it points into libfcgi.
package struct FastCGIRequest: Sendable {
    /// Everything but the body. The names in brackets are the FastCGI params (RFC 3875 section 4.1 where it defines
    /// them, else nginx's). A class, since several objects keep it until the request is answered.
    package final class Head: Sendable {
        /// The request method, in capitals as the client sent it (`REQUEST_METHOD`); empty if absent.
        package let method: String
        /// The path as the web server gives it, without the query: `SCRIPT_NAME` and `PATH_INFO` (RFC 3875 sections 4.1.5
        /// and 4.1.13) where there is either, else `DOCUMENT_URI` (nginx's), else that of `REQUEST_URI`; empty if absent.
        /// Whether it is decoded and normalized depends on the server.
        package let path: String
        /// The media type of the body with its parameters (`CONTENT_TYPE`); nil if absent or empty.
        package let contentType: String?
        /// The body's announced length as it came (`CONTENT_LENGTH`); nil if absent or empty.
        package let contentLength: String?
        /// How the body is encoded (`HTTP_CONTENT_ENCODING`); nil if absent or empty.
        package let contentEncoding: String?
        /// The web server's name for this request (`REQUEST_ID`); nil if absent or empty.
        package let requestID: String?
        /// The client's address (`REMOTE_ADDR`); nil if absent or empty.
        package let remoteAddress: String?
        /// The client's place in a distributed trace (`HTTP_X_CLOUD_TRACE_CONTEXT`), as it came; nil if absent or empty.
        package let traceContext: String?
        /// The client's credentials (`HTTP_AUTHORIZATION`), as they came; nil if absent or empty.
        package let authorization: String?
        /// The value of ``FastCGIHandler/ownParam``; nil if absent or empty.
        package let ownParam: String?
        /// When the connection was accepted, or, where it is kept, when the request's first bytes were read.
        package let acceptedAt: NIODeadline

        /// - Parameters:
        ///   - acceptedAt: see the property.
        ///   - ownParam: the name of the handler's own param.
        ///   - param: gives the value of a FastCGI param by its name; nil if it is absent or empty.
        package init(acceptedAt: NIODeadline, ownParam: StaticString, param: (StaticString) -> String?) {
            method = param("REQUEST_METHOD") ?? ""
            path = Self.path(param)
            contentType = param("CONTENT_TYPE")
            contentLength = param("CONTENT_LENGTH")
            contentEncoding = param("HTTP_CONTENT_ENCODING")
            requestID = param("REQUEST_ID")
            remoteAddress = param("REMOTE_ADDR")
            traceContext = param("HTTP_X_CLOUD_TRACE_CONTEXT")
            authorization = param("HTTP_AUTHORIZATION")
            self.ownParam = param(ownParam)
            self.acceptedAt = acceptedAt
        }

        /// A param without which no request can be answered, and which the web server does not pass; nil if all are there.
        package var missingParam: String? {
            if method.isEmpty { return "REQUEST_METHOD" }
            return path.isEmpty ? "SCRIPT_NAME" : nil
        }

        private static func path(_ param: (StaticString) -> String?) -> String {
            let (script, info) = (param("SCRIPT_NAME"), param("PATH_INFO"))
            if script != nil || info != nil { return (script ?? "") + (info ?? "") }
            if let uri = param("DOCUMENT_URI") { return uri }
            return param("REQUEST_URI").map { String($0.prefix { $0 != "?" }) } ?? ""
        }
    }

    /// Why a request has no body although the client sends one.
    package enum BodyRefusal: Sendable, Equatable {
        /// It is longer than ``FastCGILimits/maxStdinBytes``.
        case tooLarge
        /// It has not arrived within ``FastCGILimits/arrivalTimeout``.
        case late
    }

    package let head: Head
    /// The bytes of the stdin stream, all of them, whatever the announced length.
    package let body: [UInt8]
    /// nil if ``body`` is what the client has sent.
    package let bodyRefusal: BodyRefusal?

    package init(head: Head, body: [UInt8] = [], bodyRefusal: BodyRefusal? = nil) {
        self.head = head
        self.body = body
        self.bodyRefusal = bodyRefusal
    }

    /// Whether there is a body but no length for it, as with a chunked request that the web server does not buffer.
    package var lacksLength: Bool {
        // Caddy passes -1 for a length that it does not know.
        (head.contentLength == nil || head.contentLength == "-1") && !body.isEmpty
    }

    /// Whether the body is as long as announced. RFC 3875 section 4.1.2: the length must be there if a body is.
    package var hasAnnouncedLength: Bool {
        guard let contentLength = head.contentLength else { return body.isEmpty }
        // Int's own parser would also take a sign.
        guard contentLength.utf8.allSatisfy(\.isASCIIDigit) else { return false }
        return Int(contentLength) == body.count
    }
}
