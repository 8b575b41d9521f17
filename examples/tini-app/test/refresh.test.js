import assert from 'node:assert/strict';
import test from 'node:test';

import { createAuth } from '../src/auth/auth.js';
import { assertNothingSentTwice, BASE_URL, EXCHANGE, faults, newPhone, REFRESH, refusal } from './phone.js';

const HOUR_MS = 3600 * 1000;

/** A phone with somebody logged in, whose clock the test sets. */
async function loggedIn() {
  const phone = newPhone();
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const start = () => createAuth({ url: BASE_URL, now, wait: async () => {} });
  const auth = start();
  const token = await auth.accessToken();
  phone.requests.length = 0;
  phone.codesAsked = 0;
  return { phone, clock, auth, token, start };
}

test('refreshes shortly before the end, and not earlier', async () => {
  const { phone, clock, auth, token } = await loggedIn();
  clock.ahead = HOUR_MS - 90 * 1000;
  assert.equal(await auth.accessToken(), token);
  clock.ahead = HOUR_MS - 50 * 1000;
  const next = await auth.accessToken();
  assert.notEqual(next, token);
  assert.equal(await auth.accessToken(), next);
  assert.deepEqual(phone.paths(), ['/auth_refresh']);
  assert.equal((await auth.customer()).customer_name, 'Ti Ni');
});

test('callers at the same time share one refresh', async () => {
  const { phone, clock, auth, token } = await loggedIn();
  clock.ahead = HOUR_MS;
  const tokens = await Promise.all(Array.from({ length: 10 }, () => auth.accessToken()));
  assert.equal(new Set(tokens).size, 1);
  assert.notEqual(tokens[0], token);
  assert.deepEqual(phone.paths(), ['/auth_refresh']);
});

test('one refresh after the other, for days', async () => {
  const { phone, clock, auth } = await loggedIn();
  for (let hour = 1; hour <= 50; hour += 1) {
    clock.ahead = hour * HOUR_MS;
    await auth.accessToken();
  }
  assert.deepEqual(phone.paths(), Array(50).fill('/auth_refresh'));
  assertNothingSentTwice(phone);
});

test('the new token is stored before it is used', async () => {
  const { phone, clock, auth } = await loggedIn();
  clock.ahead = HOUR_MS;
  const token = await auth.accessToken();
  assert.ok([...phone.storage.values()][0].includes(token));
});

/** What the app's storage holds while its first request is on its way. */
async function storageInTheMiddle(phone, work) {
  const storage = new Map();
  const request = my.request;
  my.request = (options) => {
    for (const [key, value] of phone.storage) storage.set(key, value);
    request(options);
  };
  await work();
  my.request = request;
  return storage;
}

test('if the app ends during a refresh, its next start sends the same and gets the same', async () => {
  const { phone, clock, auth, start } = await loggedIn();
  clock.ahead = HOUR_MS;
  let token;
  phone.storage = await storageInTheMiddle(phone, async () => {
    token = await auth.accessToken();
  });
  clock.ahead += 30 * 1000;
  assert.equal(await start().accessToken(), token);
  assert.equal(phone.codesAsked, 0);
  assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
});

test('if the app ends during a refresh and starts later than the window, it logs in', async () => {
  const { phone, clock, auth, start } = await loggedIn();
  clock.ahead = HOUR_MS;
  phone.storage = await storageInTheMiddle(phone, () => auth.accessToken());
  clock.ahead += 41 * 1000;
  assert.ok(await start().accessToken());
  assert.deepEqual(phone.paths(), ['/auth_refresh', '/auth_exchange']);
  assertNothingSentTwice(phone);
});

test('a refresh token that Tiki does not know: a new login', async () => {
  const { phone, clock, auth } = await loggedIn();
  await faults(REFRESH, refusal(400, 'invalid_token'));
  clock.ahead = HOUR_MS;
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), ['/auth_refresh', '/auth_exchange']);
});

test('Tiki never answers: the same twice more, then a new login', async () => {
  const { phone, clock, auth } = await loggedIn();
  await faults(REFRESH, { no_answer: true });
  clock.ahead = HOUR_MS;
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), [...Array(3).fill('/auth_refresh'), '/auth_exchange']);
  assert.equal((await auth.customer()).customer_name, 'Ti Ni');
});

for (const [status, reason, times] of [
  [503, 'overloaded', 4],
  [503, 'store_unavailable', 4],
  [503, 'service_unavailable', 4],
  [429, 'too_many_requests', 4],
  [502, 'upstream_unreachable', 1],
  [400, 'invalid_signature', 1],
]) {
  test(`${reason}: the refresh token is good for later`, async () => {
    const { phone, clock, auth } = await loggedIn();
    await faults(REFRESH, ...Array(times).fill(refusal(status, reason)));
    clock.ahead = HOUR_MS;
    await assert.rejects(auth.accessToken(), { reason });
    assert.ok(await auth.accessToken());
    assert.equal(phone.codesAsked, 0);
    assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
  });
}

for (const [status, reason] of [[503, 'in_progress'], [500, 'internal_error']]) {
  test(`${reason}: the same refresh token again, also at the next use within the window`, async () => {
    const { phone, clock, auth } = await loggedIn();
    await faults(REFRESH, ...Array(3).fill(refusal(status, reason)));
    clock.ahead = HOUR_MS;
    await assert.rejects(auth.accessToken(), { reason });
    assert.ok(await auth.accessToken());
    assert.deepEqual(phone.paths(), Array(4).fill('/auth_refresh'));
    assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
    assert.equal(phone.codesAsked, 0);
  });
}

test('shutting_down: the next process does not know of the token, so it is not sent again', async () => {
  const { phone, clock, auth } = await loggedIn();
  await faults(REFRESH, refusal(503, 'shutting_down'));
  clock.ahead = HOUR_MS;
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), ['/auth_refresh', '/auth_exchange']);
});

/** The next answers of the server get lost on their way. */
function loseAnswers(count) {
  const request = my.request;
  let left = count;
  my.request = (options) => request(left-- > 0 ? { ...options, success: () => options.fail({ error: 13 }) } : options);
}

test('a lost answer: the same request again brings it, and nobody is asked', async () => {
  const { phone, clock, auth } = await loggedIn();
  clock.ahead = HOUR_MS;
  loseAnswers(2);
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), Array(3).fill('/auth_refresh'));
  assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
  assert.equal((await auth.customer()).customer_name, 'Ti Ni');
  assert.equal(phone.codesAsked, 0);
});

test('no connection for longer than the repeats: the next use within the window sends the same', async () => {
  const { phone, clock, auth } = await loggedIn();
  clock.ahead = HOUR_MS;
  loseAnswers(3);
  await assert.rejects(auth.accessToken(), { reason: 'network' });
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), Array(4).fill('/auth_refresh'));
  assert.equal(phone.codesAsked, 0);
});

test('no connection for longer than the window: a new login, and the old token is not sent', async () => {
  const { phone, clock, auth } = await loggedIn();
  clock.ahead = HOUR_MS;
  loseAnswers(3);
  await assert.rejects(auth.accessToken(), { reason: 'network' });
  clock.ahead += 41 * 1000;
  assert.ok(await auth.accessToken());
  assert.deepEqual(phone.paths(), [...Array(3).fill('/auth_refresh'), '/auth_exchange']);
});

test('without the scope offline there is no refresh token: a new login', async () => {
  const phone = newPhone();
  await faults(EXCHANGE, { status: 200, body: '{"data":{"access_token":"a","expires_in":3600},"error":null}' });
  let ahead = 0;
  const auth = createAuth({ url: BASE_URL, now: () => Date.now() + ahead });
  assert.equal(await auth.accessToken(), 'a');
  ahead = HOUR_MS;
  assert.notEqual(await auth.accessToken(), 'a');
  assert.deepEqual(phone.paths(), ['/auth_exchange', '/auth_exchange']);
});

test('an access token that ends before its time: one refresh, one more question', async () => {
  const { phone, auth, token } = await loggedIn();
  auth.refused('another');
  assert.equal(await auth.accessToken(), token);
  auth.refused(token);
  assert.equal((await auth.customer()).customer_name, 'Ti Ni');
  assert.deepEqual(phone.paths(), ['/auth_refresh', '/auth_info']);
});
