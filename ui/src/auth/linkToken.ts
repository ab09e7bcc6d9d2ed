import { mended, type KeyValue } from './tokens';

interface Address {
  pathname: string;
  search: string;
  hash: string;
}

const keyOf = (pathname: string) => `shelcaster.link.${pathname}`;

/** Where a token of the fragment leaves the address, too. The other pages read it where it stands (`tokens.ts`). */
const takesFragment = (pathname: string) => pathname.startsWith('/join/');

/**
 * Takes the token of a link out of the address, so that it stands in no history, screen share or link that is passed
 * on: `?token=` on every page, `#token=` on a join page. The tab keeps it, since a refresh needs it again. True when
 * there was one.
 */
export function takeLinkToken(
  { pathname, search, hash }: Address,
  replace: (url: string) => void,
  tab: KeyValue,
): boolean {
  const query = new URLSearchParams(search);
  const fragment = new URLSearchParams(hash.replace(/^#/, ''));
  const isInFragment = takesFragment(pathname) && fragment.has('token');
  if (!query.has('token') && !isInFragment) return false;
  const token = mended((isInFragment ? fragment : query).get('token'));
  query.delete('token');
  const rest = query.toString();
  replace(pathname + (rest && `?${rest}`) + (isInFragment ? '' : hash));
  if (token) tab.setItem(keyOf(pathname), token);
  return true;
}

/** The token of the link by which this tab opened the page, or null. */
export function linkToken({ pathname }: Pick<Address, 'pathname'>, tab: KeyValue): string | null {
  return tab.getItem(keyOf(pathname));
}

/** The server didn't take it: a refresh must not try it again over one that works. */
export function forgetLinkToken({ pathname }: Pick<Address, 'pathname'>, tab: KeyValue): void {
  tab.removeItem(keyOf(pathname));
}
