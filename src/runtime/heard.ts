/** @file Promises that fail before anybody waits for them. */

/** For a promise that is awaited later: until then a failure is nobody's surprise. */
export function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
