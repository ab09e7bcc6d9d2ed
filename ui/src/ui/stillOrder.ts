/**
 * `wanted` without moving what is shown: known rows keep their order, new ones follow. While the list is in use, rows
 * that are no longer wanted stay, as they are in `rows` or as they were.
 */
export function stillOrder<T>(
  shown: readonly T[],
  wanted: readonly T[],
  rows: readonly T[],
  idOf: (row: T) => string,
  isInUse: boolean,
): T[] {
  const byId = new Map((isInUse ? [...rows, ...wanted] : wanted).map((row) => [idOf(row), row]));
  const kept = shown.flatMap((row) => byId.get(idOf(row)) ?? (isInUse ? [row] : []));
  const known = new Set(kept.map(idOf));
  return [...kept, ...wanted.filter((row) => !known.has(idOf(row)))];
}
