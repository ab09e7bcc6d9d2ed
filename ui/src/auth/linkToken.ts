import { mended, type KeyValue } from './tokens';

interface Address {
  pathname: string;
  search: string;
  hash: string;
}

const keyOf = (pathname: string) => `shelcaster.link.${pathname}`;

/**
 * Takes `?token=` out of the address, so that it stands in no history, screen share or link that is passed on. The tab
 * keeps it, since a refresh needs it again.
 */
export function takeLinkToken(
  { pathname, search, hash }: Address,
  replace: (url: string) => void,
  tab: KeyValue,
): void {
  const query = new URLSearchParams(search);
  if (!query.has('token')) return;
  const token = mended(query.get('token'));
  query.delete('token');
  const rest = query.toString();
  replace(pathname + (rest && `?${rest}`) + hash);
  if (token) tab.setItem(keyOf(pathname), token);
}

/** The token of the link by which this tab opened the page, or null. */
export function linkToken({ pathname }: Pick<Address, 'pathname'>, tab: KeyValue): string | null {
  return tab.getItem(keyOf(pathname));
}

/** The server didn't take it: a refresh must not try it again over one that works. */
export function forgetLinkToken({ pathname }: Pick<Address, 'pathname'>, tab: KeyValue): void {
  tab.removeItem(keyOf(pathname));
}
