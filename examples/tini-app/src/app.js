import { createAuth } from './auth/auth.js';

App({
  // One for all pages, so that they share a login: getApp().auth
  auth: createAuth({ url: 'https://auth.example.vn' }),
});
