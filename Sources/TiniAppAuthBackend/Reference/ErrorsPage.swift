import TiniAppAuth

/// `docs/errors.md`: every error that an app can get, sorted by what the app does about it.
enum ErrorsPage {
    private struct Row {
        let status: String
        let reason: String
        let meaning: String

        /// One of our own.
        init(_ error: AuthError, _ meaning: String) {
            self.init("\(error.status)", error.reason, meaning)
        }

        /// One that nginx or Tiki answers with.
        init(_ status: String, _ reason: String, _ meaning: String) {
            self.status = status
            self.reason = reason
            self.meaning = meaning
        }

        var markdown: String { "| \(status) | `\(reason)` | \(meaning) |\n" }
    }

    private static let sections: [(title: String, text: String, rows: [Row])] = [
        (
            "Send the same request again",
            "The code or token is still good: nothing was sent, or Tiki has said that it did nothing. Wait for `Retry-After` if there is one, else a second.",
            [
                Row(.upstreamUnreachable, "no connection to Tiki: name, connection or TLS"),
                Row(.lateBody, "the body did not arrive within 5 s (`ARRIVAL_TIMEOUT`)"),
                Row(.overloaded, "too many requests are in flight, or no connection to Tiki came free in time"),
                Row(.storeUnavailable, "the store that instances share cannot be asked, and it is required"),
                Row("429", "too_many_requests", "over the limits for one client address (nginx), or Tiki says 429"),
                Row("503", "service_unavailable", "nginx is short of something (nginx)"),
            ]
        ),
        (
            "Send the same request again, then get a new code",
            "The code or refresh token may have reached Tiki. The same request after 1 s, and after 3 s more, gets Tiki's answer if it has come in the meantime, and is not sent to Tiki a second time within 45 s. After that call `my.getAuthCode`. The same goes for no answer at all.",
            [
                Row(.upstreamTimeout, "Tiki did not answer in time"),
                Row(
                    .upstreamInvalidResponse,
                    "Tiki's answer is not JSON, cut off, or too large, as when a gateway before Tiki says 500, 502 or 504"
                ),
                Row(.upstreamUnavailable(retryAfter: nil), "Tiki, or a gateway before it, says 503"),
                Row(.inProgress, "another instance makes the same call, and has not ended it yet"),
                Row(
                    "502",
                    "backend_unavailable",
                    "nginx does not reach this backend, or it ended in the middle (nginx)"
                ),
                Row("504", "backend_timeout", "this backend did not answer nginx in time (nginx)"),
                Row("500", "internal_error", "nginx is at its limit of connections (nginx)"),
            ]
        ),
        (
            "Get a new code",
            "This code or token does not work, or may be spent. Call `my.getAuthCode`.",
            [
                Row(
                    .shuttingDown,
                    "the server ended before Tiki answered; the next process does not know what this one sent"
                ),
                Row("403", "https_required", "a POST over plain HTTP: this code was sent unencrypted (nginx on a VM)"),
                Row("400", TikiReason.invalidCode.rawValue, "the code is unknown, expired or used (Tiki)"),
                Row("400", TikiReason.invalidToken.rawValue, "the token is unknown, expired or replaced (Tiki)"),
            ]
        ),
        (
            "Your own API, by `/auth_verify`",
            "For the web server or API that asks [whose a token is](verify.md), and for the app that called it.",
            [
                Row(.missingAccessToken, "no `Authorization: Bearer …`: the app must send its access token"),
                Row(.invalidAccessToken, "the token is unknown, expired or replaced: the app refreshes, or logs in"),
                Row(.verificationUnavailable, "Tiki cannot be asked, or its answer is not understood: try again"),
            ]
        ),
        (
            "A mistake in the app",
            "The same request will always fail.",
            [
                Row(.payload(.empty), "no body, or `{}`, `[]`, `null`, `\"\"`, `0`, `false`"),
                Row(
                    .payload(.notJSON(.init(problem: .expectedValue, offset: 0))),
                    "not JSON, or not UTF-8; the message says where"
                ),
                Row(.payload(.notAnObject), "JSON, but not an object"),
                Row(.payload(.duplicateKey(nil)), "a key of the object appears twice"),
                Row(.payload(.missingKey("code")), "the key that the path needs is not there"),
                Row(.payload(.invalidValue("code")), "the key that the path needs does not hold a non-empty string"),
                Row(.invalidContentLength, "the body is not as long as announced"),
                Row("400", "bad_request", "not HTTP (nginx)"),
                Row(.notFound, "unknown path"),
                Row(.methodNotAllowed(allowed: "POST"), "wrong method; `Allow` names the right one"),
                Row(.payloadTooLarge(limit: 16_384), "the body is over 16 KiB"),
                Row(.unsupportedMediaType, "not `application/json`"),
                Row(.lengthRequired, "no length, as with a chunked body (nginx)"),
                Row("414", "uri_too_long", "the request line is too long (nginx)"),
                Row("421", "misdirected_request", "the host name is not the one that TLS was asked for (nginx)"),
                Row("431", "headers_too_large", "header fields over nginx's limits (nginx)"),
                Row("501", "not_implemented", "a transfer coding that nginx does not know (nginx)"),
                Row("505", "http_version_not_supported", "not HTTP/1 or HTTP/2 (nginx)"),
            ]
        ),
        (
            "A mistake in the server",
            "No user and no app can do anything about these. A refresh token is not spent by them: keep it.",
            [
                Row(
                    "400",
                    TikiReason.invalidSignature.rawValue,
                    "Tiki does not accept our signature (Tiki): [why](operations.md#invalid_signature-from-tiki)"
                ),
                Row(
                    .missingParam("SCRIPT_NAME"),
                    "the web server passes no method or no path: [what it must pass](web-servers.md)"
                ),
                Row("403", "forbidden", "`/metrics` from elsewhere (nginx)"),
            ]
        ),
    ]

    static var markdown: String {
        """
        # Errors

        For app developers, and anyone who asks why a login failed. Errors have the shape of Tiki's, with the HTTP status as
        `code`; `request_id` is the request's id in the logs:

        ```json
        {"data":null,"error":{"code":400,"reason":"missing_key","message":"Missing key 'code'","metadata":{"request_id":"…"}}}
        ```

        Decide by `reason`. Rows say (nginx) or (Tiki) where the error does not come from this backend itself; whatever else
        Tiki answers is passed on as it came. This page is made by `make docs`.


        """
            + sections.map { section in
                """
                ## \(section.title)

                \(section.text)

                | status | reason | when |
                |---|---|---|
                \(section.rows.map(\.markdown).joined())
                """
            }.joined(separator: "\n")
    }
}
