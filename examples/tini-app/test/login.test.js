import assert from 'node:assert/strict';
import test from 'node:test';

import { createAuth } from '../src/auth/auth.js';
import {
  assertNothingSentTwice,
  BASE_URL,
  closedPort,
  EXCHANGE,
  faults,
  freshCode,
  INFO,
  MANNERS,
  newPhone,
  refusal,
} from './phone.js';

const auths = (options) => createAuth({ url: BASE_URL, ...options });

for (const manners of MANNERS) {
  test(`logs in, and knows the customer, if my.request is ${JSON.stringify(manners)}`, async () => {
    const phone = newPhone(manners);
    const customer = await auths().customer();
    assert.deepEqual(customer, { customer_id: 1, customer_name: 'Ti Ni', scopes: ['offline', 'user_profile'] });
    assert.deepEqual(phone.paths(), ['/auth_exchange', '/auth_info']);
  });

  test(`a refusal has its reason, if my.request is ${JSON.stringify(manners)}`, async () => {
    const phone = newPhone(manners);
    await faults(EXCHANGE, refusal(400, 'invalid_signature'));
    await assert.rejects(auths().accessToken(), { reason: 'invalid_signature' });
    assert.deepEqual(phone.paths(), ['/auth_exchange']);
  });
}

test('an address that is missing or is none is said at once', () => {
  newPhone();
  for (const options of [undefined, {}, { url: '' }, { url: 'auth.example.vn' }, { url: 'https://' }, { url: null }]) {
    assert.throws(() => createAuth(options), /createAuth needs the server's address/, JSON.stringify(options));
  }
});

test('a slash at the end of the address is left out', async () => {
  const phone = newPhone();
  assert.ok(await auths({ url: `${BASE_URL}//` }).accessToken());
  assert.deepEqual(phone.paths(), ['/auth_exchange']);
});

test('the next start of the app needs no login', async () => {
  const phone = newPhone();
  const token = await auths().accessToken();
  assert.equal(await auths().accessToken(), token);
  assert.deepEqual(phone.paths(), ['/auth_exchange']);
});

test('callers at the same time share one login', async () => {
  const phone = newPhone();
  const auth = auths();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => auth.accessToken()));
  assert.equal(new Set(tokens).size, 1);
  assert.deepEqual(phone.paths(), ['/auth_exchange']);
});

test('an expired code: a new one, once', async () => {
  const phone = newPhone();
  const expired = async () => {
    const code = await freshCode();
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.CODE_LIFETIME_MS) + 200));
    return code;
  };
  phone.codes.push(expired);
  assert.ok(await auths().accessToken());
  assert.deepEqual(phone.requests.map(({ reason }) => reason), ['invalid_code', null]);
  assert.equal(phone.codesAsked, 2);

  const other = newPhone();
  other.codes.push(async () => 'never.issued', async () => 'nor.this');
  await assert.rejects(auths().accessToken(), { reason: 'invalid_code' });
  assert.equal(other.codesAsked, 2);
});

test('Tiki never answers: the same code twice more, then a new one', async () => {
  const phone = newPhone();
  await faults(EXCHANGE, { no_answer: true });
  assert.ok(await auths({ wait: async () => {} }).accessToken());
  assert.deepEqual(phone.requests.map(({ reason }) => reason), [...Array(3).fill('upstream_timeout'), null]);
  assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 2);
  assertNothingSentTwice(phone);
});

test('a server with too much to do: waits, longer each time, and sends the same code', async () => {
  const phone = newPhone();
  const waits = [];
  const auth = auths({ wait: async (milliseconds) => void waits.push(milliseconds) });
  await faults(EXCHANGE, refusal(503, 'overloaded'), refusal(429, 'too_many_requests'));
  assert.ok(await auth.accessToken());
  assert.equal(phone.codesAsked, 1);
  assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
  assert.equal(waits.length, 2);
  assert.ok(waits[0] >= 1000 && waits[0] <= 1500 && waits[1] >= 2000 && waits[1] <= 3000, `${waits}`);
});

test('a server with too much to do for too long: gives up after three waits', async () => {
  const phone = newPhone();
  const auth = auths({ wait: async () => {} });
  await faults(EXCHANGE, ...Array(4).fill(refusal(503, 'overloaded')));
  await assert.rejects(auth.accessToken(), { reason: 'overloaded' });
  assert.equal(phone.requests.length, 4);
  assert.ok(await auth.accessToken());
});

test('no server: the same after one second and after three more, then rejects with network', async () => {
  const phone = newPhone();
  const waits = [];
  const wait = async (milliseconds) => void waits.push(milliseconds);
  await assert.rejects(createAuth({ url: await closedPort(), wait }).accessToken(), { reason: 'network' });
  assert.deepEqual(waits, [1000, 3000]);
  assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
  assert.equal(phone.codesAsked, 1);
  assert.ok(await auths().accessToken());
});

for (const [status, reason] of [[502, 'backend_unavailable'], [504, 'backend_timeout']]) {
  test(`${reason}: the same code again`, async () => {
    const phone = newPhone();
    await faults(EXCHANGE, refusal(status, reason));
    assert.ok(await auths({ wait: async () => {} }).accessToken());
    assert.equal(phone.codesAsked, 1);
    assert.equal(new Set(phone.requests.map(({ sent }) => sent)).size, 1);
  });
}

test('the person says no', async () => {
  const phone = newPhone();
  phone.codes.push(() => Promise.reject(new Error('no')));
  await assert.rejects(auths().accessToken(), { reason: 'no_auth_code' });
  assert.equal(phone.requests.length, 0);
});

test('an answer without tokens is no login', async () => {
  newPhone();
  await faults(EXCHANGE, { status: 200, body: '{"data":{},"error":null}' });
  await assert.rejects(auths().accessToken(), { reason: 'no_tokens' });
});

test('logging out: the next token is that of a new login', async () => {
  const phone = newPhone();
  const auth = auths();
  const first = await auth.accessToken();
  await auth.logOut();
  assert.equal(phone.storage.size, 0);
  assert.notEqual(await auth.accessToken(), first);
});

test('the customer is asked for twice at most', async () => {
  const phone = newPhone();
  await faults(INFO, refusal(400, 'invalid_token'), refusal(400, 'invalid_token'));
  await assert.rejects(auths().customer(), { reason: 'invalid_token' });
  assert.deepEqual(phone.paths(), ['/auth_exchange', '/auth_info', '/auth_refresh', '/auth_info']);
});

test('a guest is not asked for anything, and nothing is sent', async () => {
  const phone = newPhone();
  phone.isGuest = true;
  await assert.rejects(auths().accessToken(), { reason: 'guest' });
  assert.deepEqual([phone.codesAsked, phone.requests.length], [0, 0]);
});

test('a guest does not get the tokens of the person before', async () => {
  const phone = newPhone();
  await auths().accessToken();
  phone.isGuest = true;
  await assert.rejects(auths().accessToken(), { reason: 'guest' });
  assert.equal(phone.storage.size, 0);
  phone.isGuest = false;
  assert.ok(await auths().accessToken());
  assert.equal(phone.codesAsked, 2);
});

for (const [code, who] of [['1', 'app'], ['2', 'person'], [2, 'person']]) {
  test(`one scope is not given, with ${JSON.stringify(code)}: logs in, and says who did not want it`, async () => {
    const phone = newPhone();
    phone.refusedScopes = { offline: code };
    const auth = auths();
    assert.ok(await auth.accessToken());
    assert.deepEqual(auth.missingScopes(), { offline: who });
  });
}

test('no scope is given: the reason says whether the app may not ask, or the person said no', async () => {
  for (const [code, reason] of [['1', 'scope_not_allowed'], ['2', 'no_auth_code']]) {
    const phone = newPhone();
    phone.refusedScopes = { offline: code, user_profile: '2' };
    phone.codes.push(async () => undefined);
    await assert.rejects(auths().accessToken(), { reason });
    assert.equal(phone.requests.length, 0);
  }
});

test('waits for as long as Retry-After says, but not for minutes', async () => {
  for (const [field, milliseconds] of [['7', 7000], ['600', 10000], ['x', 1000], [undefined, 1000]]) {
    const phone = newPhone(MANNERS[2]);
    const request = my.request;
    my.request = (options) => {
      my.request = request;
      const object = JSON.parse(refusal(503, 'overloaded').body);
      options.success({ data: object, headers: field ? { 'Retry-After': field } : {} });
    };
    const waits = [];
    assert.ok(await auths({ wait: async (time) => void waits.push(time) }).accessToken());
    assert.equal(waits.length, 1);
    assert.ok(waits[0] >= milliseconds && waits[0] <= 1.5 * milliseconds, `${field}: ${waits}`);
    assert.equal(phone.codesAsked, 1);
  }
});

test('asks for the fields of the answer', async () => {
  const phone = newPhone(MANNERS[2]);
  const seen = [];
  const request = my.request;
  my.request = (options) => request({ ...options, success: (answer) => (seen.push(answer), options.success(answer)) });
  await auths().accessToken();
  assert.ok(seen[0].headers['x-request-id'], 'includeHeader brings the fields');
  assert.equal(phone.requests.length, 1);
});
