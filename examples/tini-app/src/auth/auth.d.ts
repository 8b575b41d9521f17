// Types for auth.js. Copy it along: editors complete with it in JavaScript, too.

/** What the server answers; docs/errors.md says when. */
export type ServerReason =
  // Send the same request again.
  | 'upstream_unreachable'
  | 'request_timeout'
  | 'overloaded'
  | 'store_unavailable'
  | 'too_many_requests'
  | 'service_unavailable'
  // Send the same request again, then get a new code.
  | 'upstream_timeout'
  | 'upstream_invalid_response'
  | 'upstream_unavailable'
  | 'in_progress'
  | 'backend_unavailable'
  | 'backend_timeout'
  | 'internal_error'
  // Get a new code.
  | 'shutting_down'
  | 'https_required'
  | 'invalid_code'
  | 'invalid_token'
  // A mistake in the app.
  | 'no_payload'
  | 'invalid_json'
  | 'invalid_payload'
  | 'duplicate_key'
  | 'missing_key'
  | 'invalid_value'
  | 'invalid_content_length'
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'length_required'
  | 'uri_too_long'
  | 'misdirected_request'
  | 'headers_too_large'
  | 'not_implemented'
  | 'http_version_not_supported'
  // A mistake in the server.
  | 'invalid_signature'
  | 'missing_param'
  | 'forbidden'
  // Your own API, by /auth_verify.
  | 'missing_access_token'
  | 'invalid_access_token'
  | 'verification_unavailable';

/** What auth.js says itself; the README says what is left to do. */
export type AppReason = 'network' | 'guest' | 'no_auth_code' | 'scope_not_allowed' | 'no_tokens' | 'storage' | 'unknown';

export type Reason = ServerReason | AppReason;

/** What every promise here is rejected with. */
export interface AuthError extends Error {
  /** Tiki may add others: keep a case for the rest. */
  reason: Reason | (string & {});
  /** The server's `error` object, or what the phone said. */
  details?: unknown;
  /** Milliseconds that the server asks to wait; 0 if it does not say. */
  retryAfter?: number;
}

export interface Customer {
  /** An order wants it as a string. */
  customer_id: number;
  customer_name: string;
  scopes: string[];
}

export interface Auth {
  /** An access token that lasts for another minute at least. Logs in or refreshes if need be. */
  accessToken(): Promise<string>;
  /** Who is logged in, as Tiki says now: one call to the server each time. */
  customer(): Promise<Customer>;
  /** Forgets the tokens on this phone. */
  logOut(): Promise<void>;
  /** The scopes that the last login was not given: `app` may not ask, or the `person` said no. */
  missingScopes(): Record<string, 'app' | 'person'>;
  /** Call it when a Tiki API rejects the token; the next `accessToken()` gets a new one. */
  refused(token: string): void;
}

export interface Options {
  /** The server's address, such as https://auth.example.vn. */
  url: string;
  /** What to ask the person for; without `offline` there is no refresh token. */
  scopes?: string[];
  /** The clock, in milliseconds; for tests. */
  now?: () => number;
  /** Waits so many milliseconds; for tests. */
  wait?: (milliseconds: number) => Promise<void>;
}

/** One for all pages. Throws at once if `url` is missing or is no address. */
export function createAuth(options: Options): Auth;
