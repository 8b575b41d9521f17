import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { createAuth } from '../src/auth/auth.js';
import { BASE_URL, newPhone } from './phone.js';

/** Loads the app and its page as the framework would. */
async function load() {
  const loaded = {};
  globalThis.App = (app) => Object.assign(loaded, { app });
  const setData = (data) => Object.assign(loaded.page.data, data);
  globalThis.Page = (page) => Object.assign(loaded, { page: { ...page, setData } });
  globalThis.getApp = () => loaded.app;
  await import('../src/app.js');
  await import('../src/pages/index/index.js');
  return loaded;
}

const { app, page } = await load();

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
  assert.equal(page.data.problem, 'The login was not allowed.');
  assert.equal(said.mock.calls[0].arguments[0], 'no_auth_code');
  await page.logIn();
  assert.equal(page.data.state, 'ready');
});

test('each page of app.json is there, and what its template uses is in its script', async () => {
  const source = (file) => readFile(new URL(`../src/${file}`, import.meta.url), 'utf8');
  const { pages } = JSON.parse(await source('app.json'));
  for (const name of pages) {
    JSON.parse(await source(`${name}.json`));
    const template = await source(`${name}.txml`);
    for (const [, handler] of template.matchAll(/onTap="(\w+)"/g)) assert.equal(typeof page[handler], 'function');
    for (const [, value] of template.matchAll(/\{\{(\w+)/g)) assert.ok(value in page.data, value);
  }
});
