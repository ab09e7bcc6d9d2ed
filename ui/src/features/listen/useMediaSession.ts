import { useEffect } from 'react';
import type { PublicShow } from '../../api/types';
import type { HlsPlayer } from './HlsPlayer';

/** What lock screens, headsets and keyboards show of what is heard, and do with it. */
export function useMediaSession(show: PublicShow | null, player: HlsPlayer | null): void {
  useEffect(() => {
    if (!player || !('mediaSession' in navigator)) return;
    const { mediaSession } = navigator;
    mediaSession.setActionHandler('play', () => player.play());
    mediaSession.setActionHandler('pause', () => player.pause());
    return () => {
      mediaSession.setActionHandler('play', null);
      mediaSession.setActionHandler('pause', null);
    };
  }, [player]);
  useEffect(() => {
    if (!show || !('mediaSession' in navigator) || !('MediaMetadata' in globalThis)) return;
    const now = show.status === 'LIVE' ? show.nowPlaying : null;
    navigator.mediaSession.metadata = new MediaMetadata({
      title: now?.title || show.title,
      artist: now?.artist || (now?.title ? show.title : 'Live'),
      album: now?.album ?? '',
      artwork: now?.coverUrl ? [{ src: now.coverUrl }] : [],
    });
  }, [show]);
}
