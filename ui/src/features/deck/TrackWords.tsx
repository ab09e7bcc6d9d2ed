import type { ReactNode } from 'react';

interface Props {
  title: string;
  artist?: string | null | undefined;
  album?: string | null | undefined;
  children?: ReactNode;
}

/** What a track is called, in full: a title that doesn't fit goes on in the next line. */
export function TrackWords({ title, artist, album, children }: Props) {
  const by = [artist, album].filter(Boolean).join(' · ');
  return (
    <span className="track-words">
      <span className="track-title">{title}</span>
      {by && <span className="track-by">{by}</span>}
      {children}
    </span>
  );
}
