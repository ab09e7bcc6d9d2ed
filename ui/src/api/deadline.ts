/** Aborts after `ms`. Not `AbortSignal.timeout`, which phones of 2021 don't have. */
export function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}
