export type Route =
  { page: 'shows' } | { page: 'studio' | 'join' | 'listen'; showId: string } | { page: 'unknown' };

export function parseRoute(pathname: string): Route {
  const parts = pathname.split('/').filter(Boolean);
  if (parts.length === 0) return { page: 'shows' };
  const [page, showId] = parts;
  if (parts.length === 2 && showId && (page === 'studio' || page === 'join' || page === 'listen')) {
    try {
      return { page, showId: decodeURIComponent(showId) };
    } catch {
      return { page: 'unknown' };
    }
  }
  return { page: 'unknown' };
}
