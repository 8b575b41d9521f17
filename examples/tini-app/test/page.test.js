import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { createAuth } from '../src/auth/auth.js';
import { BASE_URL, newPhone } from './phone.js';

/** Loads the app and its page as the framework would. */
async function load() {
  const loaded = { pages: [] };
  globalThis.App = (app) => Object.assign(loaded, { app });
  globalThis.Page = (page) => {
    page.setData = (data) => Object.assign(page.data, data);
    loaded.pages.push(page);
  };
  globalThis.getApp = () => loaded.app;
  await import('../src/app.js');
  await import('../src/pages/index/index.js');
  await import('../src/pages/account/index.js');
  return loaded;
}

const { app, pages } = await load();
const [page, account] = pages;

test('the app has one login for all pages', () => {
  assert.equal(typeof app.auth.accessToken, 'function');
});

test('the page logs in when it is loaded', async () => {
  newPhone();
  app.auth = createAuth({ url: BASE_URL });
  await page.onLoad();
  assert.equal(page.data.state, 'ready');
  assert.equal(page.data.name, 'Ti Ni');
});

test('the page says what went wrong, and tries again when asked to', async (context) => {
  const phone = newPhone();
  const said = context.mock.method(console, 'error', () => {});
  app.auth = createAuth({ url: BASE_URL });
  phone.codes.push(() => Promise.reject(new Error('no')));
  await page.onLoad();
  assert.equal(page.data.state, 'failed');
  assert.equal(page.data.problem, 'Bạn chưa cho phép đăng nhập.');
  assert.equal(said.mock.calls[0].arguments[0], 'no_auth_code');
  await page.logIn();
  assert.equal(page.data.state, 'ready');
});

test('each page of app.json is there, and what its template uses is in its script', async () => {
  const source = (file) => readFile(new URL(`../src/${file}`, import.meta.url), 'utf8');
  const names = JSON.parse(await source('app.json')).pages;
  assert.equal(names.length, pages.length);
  for (const [index, name] of names.entries()) {
    const page = pages[index];
    JSON.parse(await source(`${name}.json`));
    const template = await source(`${name}.txml`);
    for (const [, handler] of template.matchAll(/onTap="(\w+)"/g)) assert.equal(typeof page[handler], 'function');
    for (const [, value] of template.matchAll(/\{\{(\w+)/g)) assert.ok(value in page.data, value);
  }
});

test('a guest is told to log in to Tiki', async (context) => {
  const phone = newPhone();
  context.mock.method(console, 'error', () => {});
  phone.isGuest = true;
  app.auth = createAuth({ url: BASE_URL });
  await page.onLoad();
  assert.equal(page.data.problem, 'Bạn hãy đăng nhập Tiki trước nhé.');
});

test('a person who did not allow offline reads what that means', async () => {
  const phone = newPhone();
  phone.refusedScopes = { offline: '2' };
  app.auth = createAuth({ url: BASE_URL });
  await page.onLoad();
  assert.equal(page.data.note, 'Sau một giờ, Tiki sẽ hỏi lại bạn.');
});

test('every text that a person reads is Vietnamese', async () => {
  const source = (file) => readFile(new URL(`../src/${file}`, import.meta.url), 'utf8');
  const texts = [JSON.parse(await source('app.json')).window.defaultTitle];
  for (const name of JSON.parse(await source('app.json')).pages) {
    const shown = (await source(`${name}.txml`)).replace(/\{\{[^}]*\}\}/g, '');
    texts.push(...[...shown.matchAll(/>([^<>]*\p{L}[^<>]*)</gu)].map(([, text]) => text.trim()));
    // Sentences in the script: a letter, spaces, and an end.
    texts.push(...[...(await source(`${name}.js`)).matchAll(/'(\p{Lu}[^'\n]* [^'\n]*\.)'/gu)].map(([, text]) => text));
  }
  assert.ok(texts.length > 12, texts.join('\n'));
  for (const text of texts) assert.match(text, /[À-ỹĐđ]/, text);
});

test('the account page asks the Open API with the token, and makes an order with the id as a string', async () => {
  const phone = newPhone();
  app.auth = createAuth({ url: BASE_URL });
  page.openAccount();
  assert.deepEqual(phone.pages, ['pages/account/index']);
  const token = await app.auth.accessToken();
  phone.openAPI.push(({ headers }) => ({ authorization: headers.Authorization }));
  await account.onLoad();
  assert.deepEqual(JSON.parse(account.data.profile), { authorization: `Bearer ${token}` });
  assert.equal(JSON.parse(account.data.order).customer_id, '1');
  assert.equal(account.data.problem, '');
});

test('a token that the Open API refuses is replaced, once', async () => {
  const phone = newPhone();
  app.auth = createAuth({ url: BASE_URL });
  const token = await app.auth.accessToken();
  const refuse = () => {
    throw new Error('401');
  };
  phone.openAPI.push(refuse, ({ headers }) => ({ authorization: headers.Authorization }));
  await account.showProfile();
  const { authorization } = JSON.parse(account.data.profile);
  assert.notEqual(authorization, `Bearer ${token}`);
  assert.deepEqual(phone.paths(), ['/auth_exchange', '/auth_refresh']);
});
