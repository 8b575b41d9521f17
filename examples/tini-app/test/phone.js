// A phone to try the app on: `my` as Tiki documents it, with real HTTP behind it.
// Needs BASE_URL, the backend's address, and SANDBOX_URL, that of the stand-in for Tiki.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';

const { BASE_URL, SANDBOX_URL } = process.env;
assert.ok(BASE_URL && SANDBOX_URL, 'BASE_URL and SANDBOX_URL must be set, see the README');

export { BASE_URL };

/** What Tiki leaves open about my.request: where the object is, and which callback gets an error's. */
export const MANNERS = [
  { wrapped: false, failing: false },
  { wrapped: false, failing: true },
  { wrapped: true, failing: false },
  { wrapped: true, failing: true },
];

async function control(method, what, body) {
  const answer = await fetch(`${SANDBOX_URL}/sandbox/${what}`, { method, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

/** Makes the next calls of a kind go wrong, each in a way of its own. */
export const faults = (path, ...list) => control('POST', 'faults', list.map((fault) => ({ path, ...fault })));

/**
 * An error with this code and reason, as Tiki sends it; the backend's own errors have the same shape. Its status is below 500:
 * after a 5xx the server would not ask Tiki again, but say the same.
 */
export const refusal = (status, reason) => ({
  status: Math.min(status, 409),
  body: JSON.stringify({ data: null, error: { code: status, reason, message: reason } }),
});

export const EXCHANGE = '/oauth/auth/token';
export const REFRESH = '/oauth/auth/token/refresh';
export const INFO = '/oauth/me';

/** Puts a new phone in place of `my`, and returns it. */
export function newPhone({ wrapped = false, failing = false } = MANNERS[0]) {
  const phone = {
    // Of each request: its path, what it sends, the reason that it gets.
    requests: [],
    storage: new Map(),
    // What the next calls of my.getAuthCode do in place of bringing a fresh code.
    codes: [],
    codesAsked: 0,
    isGuest: false,
    // As in `authErrorScopes`: { offline: '2' }
    refusedScopes: {},
    // What is asked of Tiki's Open API, and what it answers: functions of the request.
    openAPI: [],
    pages: [],
    paths: () => phone.requests.map(({ path }) => path),
  };

  const later = (options, outcome) =>
    outcome.then(
      (result) => options.success(result),
      (error) => options.fail({ error: 'phone', errorMessage: error.message })
    );

  async function request({ url, method, headers, data, includeHeader }) {
    if (!url.startsWith(BASE_URL) && phone.openAPI.length) {
      return { ok: true, answer: phone.openAPI.shift()({ url, method, headers }) };
    }
    const entry = { path: new URL(url).pathname, sent: JSON.stringify(data) };
    phone.requests.push(entry);
    const response = await fetch(url, { method, headers, body: JSON.stringify(data) });
    const object = await response.json();
    entry.reason = object.error && object.error.reason;
    const fields = includeHeader ? { headers: Object.fromEntries(response.headers) } : {};
    return { ok: response.ok, answer: wrapped ? { data: object, status: response.status, ...fields } : object };
  }

  globalThis.my = {
    request(options) {
      request(options).then(
        ({ ok, answer }) => (ok || !failing ? options.success(answer) : options.fail(answer)),
        // As in Alipay's framework, which Tiki's resembles: a number and a text.
        () => options.fail({ error: 12, errorMessage: 'network' })
      );
    },
    isLoggedIn(options) {
      later(options, tick().then(() => !phone.isGuest));
    },
    navigateTo({ url }) {
      phone.pages.push(url);
    },
    getAuthCode(options) {
      phone.codesAsked += 1;
      assert.deepEqual(options.scopes, ['user_profile', 'offline']);
      const code = phone.codes.length ? phone.codes.shift()() : freshCode();
      later(options, code.then((authCode) => ({ authCode, authErrorScopes: phone.refusedScopes })));
    },
    // Copies, as a storage on a disk makes them.
    setStorage(options) {
      later(options, tick().then(() => void phone.storage.set(options.key, JSON.stringify(options.data))));
    },
    getStorage(options) {
      later(
        options,
        tick().then(() => {
          if (!phone.storage.has(options.key)) throw new Error('no such key');
          return { data: JSON.parse(phone.storage.get(options.key)) };
        })
      );
    },
    removeStorage(options) {
      later(options, tick().then(() => void phone.storage.delete(options.key)));
    },
  };
  return phone;
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** An address at which nothing listens. */
export async function closedPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

export async function freshCode() {
  return (await control('POST', 'codes')).code;
}

/** The point of it all: no code or refresh token was sent again after an answer, unless Tiki had not seen it. */
export function assertNothingSentTwice(phone) {
  const harmless = ['overloaded', 'too_many_requests', 'upstream_unreachable'];
  // The server keeps the answer, or the same error, for the same request.
  harmless.push('upstream_timeout', 'upstream_invalid_response', 'backend_unavailable', 'backend_timeout');
  const spent = new Set();
  for (const { path, sent, reason } of phone.requests) {
    if (path === '/auth_info') continue;
    assert.ok(!spent.has(sent), `${path} has sent the same twice`);
    if (!harmless.includes(reason)) spent.add(sent);
  }
}
