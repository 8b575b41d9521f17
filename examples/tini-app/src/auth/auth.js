// Login with Tiki for a Tini App, by way of tiniapp-auth-backend. Copy this folder as it is.
//
//     const auth = createAuth({ url: 'https://auth.example.vn' });
//     const token = await auth.accessToken();   // before each use: logs in or refreshes if need be
//
// A code or refresh token works once. Sent a second time, Tiki takes back what the first time brought. So each leaves
// the phone once, unless the answer says for sure that Tiki has not seen it.

import { call, failure, post } from './my.js';

const STORAGE_KEY = 'tiniapp-auth';
// A token that lasts no longer than this is refreshed first, so that it does not end on the way to whom it is for.
const MARGIN_MS = 60 * 1000;
// How long to wait, time after time, while the server has too much to do. Its Retry-After says one second.
const WAITS_MS = [1000, 2000, 4000];

const TOO_BUSY = ['overloaded', 'too_many_requests', 'upstream_unavailable'];
const NOT_SENT_TO_TIKI = [...TOO_BUSY, 'upstream_unreachable'];
// The code or token is spent, or may be: it takes a new code.
const SPENT = ['invalid_code', 'invalid_token', 'upstream_timeout', 'shutting_down'];

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Everything rejects with an error whose `reason` is the server's (see the README), or one of ours: `network`, without
 * an answer; `no_auth_code`, if the person says no; `no_tokens`, `storage`.
 */
export function createAuth({ url, scopes = ['user_profile', 'offline'], now = Date.now, wait = sleep }) {
  // { accessToken, refreshToken, expiresAt }; null for nobody, undefined before the storage was asked.
  let session;
  // What accessToken() is about to bring: callers at the same time share it.
  let pending = null;

  async function send(path, data) {
    for (const milliseconds of WAITS_MS) {
      try {
        return await post(url + path, data);
      } catch (error) {
        if (!TOO_BUSY.includes(error.reason)) throw error;
        // Not all phones at the same moment.
        await wait(milliseconds * (1 + Math.random() / 2));
      }
    }
    return post(url + path, data);
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

  async function exchange() {
    const { authCode } = await call('getAuthCode', 'no_auth_code', { scopes });
    if (!authCode) throw failure('no_auth_code');
    const askedAt = now();
    return keep(await send('/auth_exchange', { code: authCode }), askedAt);
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
    const askedAt = now();
    // Out of the storage before it is sent: should the app end now, its next start must not send it again.
    await save({ ...before, refreshToken: null });
    try {
      return await keep(await send('/auth_refresh', { refresh_token: before.refreshToken }), askedAt);
    } catch (error) {
      if (NOT_SENT_TO_TIKI.includes(error.reason)) {
        await save(before);
        throw error;
      }
      await forget();
      if (SPENT.includes(error.reason)) return logIn();
      throw error;
    }
  }

  async function currentToken() {
    if (session === undefined) session = await load();
    if (session && now() < session.expiresAt - MARGIN_MS) return session.accessToken;
    return session && session.refreshToken ? refresh() : logIn();
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

  /** Tells that Tiki refuses an access token, so that the next one is another. */
  function refused(token) {
    if (session && session.accessToken === token) session = { ...session, expiresAt: 0 };
  }

  /** Who is logged in: { customer_id, customer_name, scopes }. */
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

  return { accessToken, customer, logOut, refused };
}
