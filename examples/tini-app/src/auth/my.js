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
 * Finds the server's object in what `my.request` brings: by default it is the whole, with `includeHeader` it is in `data`.
 * Nobody says where it is if the status is an error's, so it is looked for in both.
 */
function serversObject(answer) {
  const isOne = (value) =>
    value !== null && typeof value === 'object' && 'data' in value && typeof value.error === 'object';
  return [answer, answer && answer.data].find(isOne);
}

/** Posts once. Rejects with the server's reason, or with `network` if there is no answer of the server's. */
export function post(url, data) {
  return new Promise((resolve, reject) => {
    const take = (answer) => {
      const object = serversObject(answer);
      if (!object) reject(failure('network', answer));
      else if (object.error) reject(failure(object.error.reason || 'unknown', object.error));
      else resolve(object.data);
    };
    const headers = { 'Content-Type': 'application/json' };
    my.request({ url, method: 'POST', headers, data, success: take, fail: take });
  });
}
