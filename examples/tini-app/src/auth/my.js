// What `my` tells by callbacks, as promises. They reject with an error whose `reason` is a word to decide by.

export function failure(reason, details) {
  return Object.assign(new Error(reason), { reason, details });
}

/** Calls an API of `my`; if it fails, then with the given reason. */
export function call(name, reason, options) {
  return new Promise((resolve, reject) => {
    my[name]({ ...options, success: resolve, fail: (details) => reject(failure(reason, details)) });
  });
}

/**
 * Finds the server's object in what `my.request` brings. With `includeHeader` it is in `data`, without it is the whole; Tiki
 * does not say which of the two comes with an error's status, so both are tried.
 */
function serversObject(answer) {
  const isOne = (value) =>
    value !== null && typeof value === 'object' && 'data' in value && typeof value.error === 'object';
  return [answer, answer && answer.data].find(isOne);
}

/** Milliseconds that the server asks to wait, by `Retry-After` in seconds; 0 if it does not say. */
function retryAfter(answer) {
  const fields = Object.entries((answer && answer.headers) || {});
  const [, value] = fields.find(([name]) => name.toLowerCase() === 'retry-after') || [];
  return Number(value) > 0 ? Number(value) * 1000 : 0;
}

/**
 * Posts once. Rejects with the server's reason, and with the time to wait in `retryAfter`; or with `network` if no answer
 * came from the server.
 */
export function post(url, data) {
  return new Promise((resolve, reject) => {
    const take = (answer) => {
      const object = serversObject(answer);
      if (!object) reject(failure('network', answer));
      else if (!object.error) resolve(object.data);
      else {
        const error = failure(object.error.reason || 'unknown', object.error);
        reject(Object.assign(error, { retryAfter: retryAfter(answer) }));
      }
    };
    const headers = { 'Content-Type': 'application/json' };
    my.request({ url, method: 'POST', headers, data, includeHeader: true, success: take, fail: take });
  });
}
