export type Route =
  { page: 'shows' } | { page: 'studio' | 'join' | 'listen'; showId: string } | { page: 'unknown' };

export function parseRoute(pathname: string): Route {
  const parts = pathname.split('/').filter(Boolean);
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'podcast')) return { page: 'shows' };
  const [page, showId] = parts;
  if (parts.length === 2 && showId && (page === 'studio' || page === 'join' || page === 'listen')) {
    try {
      // Mail and chat programs take the bracket or comma behind a link for a part of it.
      const id = decodeURIComponent(showId).replace(/[^\w-]+$/, '');
      return id ? { page, showId: id } : { page: 'unknown' };
    } catch {
      return { page: 'unknown' };
    }
  }
  return { page: 'unknown' };
}
