// Login with Tiki for a Tini App, by way of tiniapp-auth-backend. Copy this folder as it is.
//
//     const auth = createAuth({ url: 'https://auth.example.vn' });
//     const token = await auth.accessToken();   // before each use: logs in or refreshes if need be
//
// A code or refresh token works once: by all signs Tiki revokes the login if it sees one twice. But an answer can get lost
// on its way, so the server keeps it for 45 s, and the same request sent again within that time gets it. After that time
// a code or token is not sent again, unless an error said for sure that it is not spent.

import { call, failure, post } from './my.js';

const STORAGE_KEY = 'tiniapp-auth';
// A token that lasts no longer than this is refreshed first, so that it does not expire on its way.
const MARGIN_MS = 60 * 1000;
// How long to wait, time after time, while the server has too much to do; longer if its Retry-After says so.
const WAITS_MS = [1000, 2000, 4000];
// A person does not wait longer than this.
const LONGEST_WAIT_MS = 10 * 1000;

// How long after the first try the same request may be sent again: the server's REPLAY_WINDOW, 45 s, with some to spare.
const WINDOW_MS = 40 * 1000;
// How long to wait before the same is sent again, time after time, when there was no answer.
const REPEATS_MS = [1000, 3000];

// Tiki may have the code or token, and the server may have the answer.
const LOST = ['network', 'backend_timeout', 'backend_unavailable', 'upstream_timeout', 'upstream_invalid_response'];
LOST.push('upstream_unavailable', 'in_progress', 'internal_error');
const TOO_BUSY = ['overloaded', 'too_many_requests', 'request_timeout', 'store_unavailable', 'service_unavailable'];
// The code or token is still good. A wrong secret on the server for a minute (invalid_signature) logs nobody out.
const NOT_SPENT = [...TOO_BUSY, 'upstream_unreachable', 'invalid_signature', 'missing_param'];
// The code or token is spent, or may be: it takes a new code.
const SPENT = ['invalid_code', 'invalid_token', 'upstream_timeout', 'upstream_invalid_response', 'shutting_down'];

const refusedScopes = (answer) =>
  Object.entries((answer && answer.authErrorScopes) || {}).map(([scope, code]) => [scope, String(code)]);

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// What `authErrorScopes` says about a scope that was not given.
const NOT_FOR_THIS_APP = '1';

/** The server's address without a slash at its end, since the paths begin with one. */
function checkedUrl(url) {
  if (typeof url === 'string' && /^https?:\/\/[^/\s]+(?:\/[^\s]*)?$/.test(url)) return url.replace(/\/+$/, '');
  throw new Error("createAuth needs the server's address: createAuth({ url: 'https://auth.example.vn' })");
}

/**
 * `scopes` is what to ask the person for; `now` and `wait` are the clock, for tests. Throws if `url` is missing.
 *
 * Everything rejects with an error whose `reason` is the server's (see the README), or one of the app's: `network`,
 * without an answer; `guest`, if nobody is logged in to Tiki; `no_auth_code`, if the person says no; `scope_not_allowed`,
 * if the app may not ask; `no_tokens`, `storage`.
 */
export function createAuth({ url, scopes = ['user_profile', 'offline'], now = Date.now, wait = sleep } = {}) {
  const server = checkedUrl(url);
  // { accessToken, refreshToken, expiresAt }; null for nobody, undefined before the storage was asked.
  let session;
  // What accessToken() is about to bring: callers at the same time share it.
  let pending = null;
  // Scopes that the last login was not given: { offline: 'app' } if the app may not ask, 'person' if the person said no.
  let missing = {};

  /** @param until the end of the time in which the same request may be sent again after an answer got lost. */
  async function send(path, data, until = now() + WINDOW_MS) {
    const waits = { busy: [...WAITS_MS], lost: [...REPEATS_MS] };
    for (;;) {
      try {
        return await post(server + path, data);
      } catch (error) {
        const kind = TOO_BUSY.includes(error.reason) ? 'busy' : LOST.includes(error.reason) ? 'lost' : null;
        const own = kind && waits[kind].shift();
        const milliseconds = own && Math.max(own, Math.min(error.retryAfter || 0, LONGEST_WAIT_MS));
        // Busy after lost: the first one may have arrived, so the window counts for both.
        const isLost = waits.lost.length < REPEATS_MS.length;
        if (!milliseconds || (isLost && now() + milliseconds > until)) {
          throw Object.assign(error, { mayHaveArrived: isLost });
        }
        // When the server is busy, not all phones at the same moment.
        await wait(kind === 'busy' ? milliseconds * (1 + Math.random() / 2) : milliseconds);
      }
    }
  }

  async function load() {
    try {
      return (await call('getStorage', 'storage', { key: STORAGE_KEY })).data || null;
    } catch (error) {
      return null;
    }
  }

  /** Stored first, then used: what is used but not stored is lost when the app ends. */
  async function save(next) {
    await call('setStorage', 'storage', { key: STORAGE_KEY, data: next });
    session = next;
  }

  async function forget() {
    session = null;
    await call('removeStorage', 'storage', { key: STORAGE_KEY });
  }

  async function keep(tokens, askedAt) {
    if (!tokens || !tokens.access_token) throw failure('no_tokens');
    await save({
      accessToken: tokens.access_token,
      // Only with the scope 'offline'.
      refreshToken: tokens.refresh_token || null,
      expiresAt: askedAt + (tokens.expires_in || 300) * 1000,
    });
    return session.accessToken;
  }

  /** If the phone cannot tell, getAuthCode will. */
  async function isGuest() {
    return (await call('isLoggedIn', 'unknown', {}).catch(() => null)) === false;
  }

  /** Asks for a code. The person may give it with fewer scopes than asked for. */
  async function authCode() {
    const answer = await call('getAuthCode', 'no_auth_code', { scopes }).catch((error) => {
      if (refusedScopes(error.details).some(([, code]) => code === NOT_FOR_THIS_APP)) error.reason = 'scope_not_allowed';
      throw error;
    });
    const refused = refusedScopes(answer);
    missing = Object.fromEntries(
      refused.map(([scope, code]) => [scope, code === NOT_FOR_THIS_APP ? 'app' : 'person'])
    );
    if (answer.authCode) return answer.authCode;
    throw failure(Object.values(missing).includes('app') ? 'scope_not_allowed' : 'no_auth_code', answer);
  }

  async function exchange() {
    const code = await authCode();
    const askedAt = now();
    return keep(await send('/auth_exchange', { code }), askedAt);
  }

  async function logIn() {
    try {
      return await exchange();
    } catch (error) {
      if (!SPENT.includes(error.reason)) throw error;
      // With another code; and only once, for the person may be asked for each.
      return exchange();
    }
  }

  async function refresh() {
    const before = session;
    // After a restart of the app, or when the last try brought no answer, this is the same request once more.
    const sentAt = before.sentAt || now();
    // Into the storage before it is sent: should the app end now, its next start must know when that was.
    await save({ ...before, sentAt });
    try {
      const tokens = await send('/auth_refresh', { refresh_token: before.refreshToken }, sentAt + WINDOW_MS);
      return await keep(tokens, sentAt);
    } catch (error) {
      const isGood = NOT_SPENT.includes(error.reason);
      if (isGood && !error.mayHaveArrived) await save(before);
      // Otherwise it stays there with its time, for the next try within the window.
      if (isGood || (LOST.includes(error.reason) && !SPENT.includes(error.reason))) throw error;
      await forget();
      if (SPENT.includes(error.reason)) return logIn();
      throw error;
    }
  }

  async function currentToken() {
    if (session === undefined) session = await load();
    if (await isGuest()) {
      // Tokens that are left are those of the person who was here before.
      if (session) await forget();
      throw failure('guest');
    }
    if (session && now() < session.expiresAt - MARGIN_MS) return session.accessToken;
    const mayRefresh = session && session.refreshToken && (!session.sentAt || now() < session.sentAt + WINDOW_MS);
    return mayRefresh ? refresh() : logIn();
  }

  async function oneAtATime() {
    try {
      return await currentToken();
    } finally {
      pending = null;
    }
  }

  /** An access token with some time left. */
  function accessToken() {
    pending = pending || oneAtATime();
    return pending;
  }

  /** Call it when a Tiki API rejects an access token: the next accessToken() gets a new one. */
  function refused(token) {
    if (session && session.accessToken === token) session = { ...session, expiresAt: 0 };
  }

  /**
   * Who is logged in: { customer_id, customer_name, scopes }. Asks Tiki each time, and so finds out if the token has ended.
   * The answer to an exchange has `customer: { id, name }`, too; it is not kept, since a refresh brings none.
   */
  async function customer() {
    const token = await accessToken();
    try {
      return await send('/auth_info', { access_token: token });
    } catch (error) {
      if (error.reason !== 'invalid_token') throw error;
      refused(token);
      // Asking once more does no harm: this call changes nothing.
      return send('/auth_info', { access_token: await accessToken() });
    }
  }

  async function logOut() {
    if (pending) await pending.catch(() => {});
    await forget();
  }

  /** The scopes that the person's last login in this run of the app was not given, each with 'app' or 'person'. */
  const missingScopes = () => missing;

  return { accessToken, customer, logOut, missingScopes, refused };
}
