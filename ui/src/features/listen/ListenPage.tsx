import { useEffect, useRef, useState } from 'react';
import type { PublicShow } from '../../api/types';
import { browserStorage } from '../../auth/storage';
import { Button } from '../../ui/Button';
import { Cover } from '../../ui/Cover';
import { Icon, Shell } from '../../ui/Icon';
import { MessagePage } from '../../ui/MessagePage';
import { usePublicShow } from '../join/usePublicShow';
import { StatusPill } from '../show/StatusPill';
import { delayText } from './delay';
import { HlsPlayer, type PlayerState } from './HlsPlayer';
import { useMediaSession } from './useMediaSession';
import './listen.css';

const kVolumeKey = 'shelcaster.volume';

export default function ListenPage({ showId }: { showId: string }) {
  const { show, missing } = usePublicShow(showId);
  const audio = useRef<HTMLAudioElement>(null);
  const [player, setPlayer] = useState<HlsPlayer | null>(null);
  const [state, setState] = useState<PlayerState>('idle');
  const [delayS, setDelayS] = useState<number | null>(null);
  const [volume, setVolume] = useState(() => Number(browserStorage.getItem(kVolumeKey) ?? 100));
  const live = show?.status === 'LIVE';
  const url = useRef('');
  url.current = playlistOf(showId, show);

  useEffect(() => {
    if (show) document.title = show.title;
  }, [show]);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    const made = new HlsPlayer(element, () => url.current, setState);
    setPlayer(made);
    const timer = setInterval(() => setDelayS(made.delayS()), 1000);
    return () => {
      clearInterval(timer);
      made.stop();
    };
  }, [showId, missing]);
  useEffect(() => {
    if (audio.current) audio.current.volume = volume / 100;
    browserStorage.setItem(kVolumeKey, String(volume));
  }, [volume]);
  // Until it is known there may be one: whoever presses at once shouldn't have to press again.
  const mayBeLive = live || show === null;
  useEffect(() => player?.setLive(mayBeLive), [player, mayBeLive]);
  useMediaSession(show, player);

  if (missing)
    return <MessagePage title="This show doesn’t exist" text="Check the link, or ask for a new one." />;
  const isOn = state !== 'idle' && state !== 'paused' && state !== 'blocked';
  const now = live ? show.nowPlaying : null;
  return (
    <main className="listen">
      <Shell size={72} />
      <h1>{show?.title ?? '…'}</h1>
      {live ? (
        <StatusPill status="LIVE" />
      ) : (
        <span className="pill" data-testid="show-status" data-status={show?.status ?? ''}>
          Off air
        </span>
      )}
      <button
        type="button"
        className="listen-button"
        data-testid="listen-play"
        data-state={state}
        aria-label={isOn ? 'Stop listening' : 'Listen'}
        onClick={() => (isOn ? player?.stop() : player?.play())}
      >
        <Icon name={isOn ? 'stop' : 'play'} size={44} />
      </button>
      <p className="listen-state" role="status" data-testid="listen-state">
        {describe(state, show)}
        {state === 'playing' && live && delayS !== null && (
          <span data-testid="listen-delay"> · {delayText(delayS)}</span>
        )}
      </p>
      <label className="listen-volume">
        <Icon name="volume" />
        <input
          type="range"
          className="fader horizontal"
          style={{ '--fill': `${volume}%` } as React.CSSProperties}
          min={0}
          max={100}
          value={volume}
          aria-label="Volume"
          data-testid="listen-volume"
          onChange={(event) => setVolume(Number(event.target.value))}
        />
      </label>
      <div className="listen-now" data-testid="now-playing">
        {now?.title && (
          <>
            <Cover url={now.coverUrl} size={56} />
            <div>
              <p>{now.title}</p>
              <p className="soft">{[now.artist, now.album].filter(Boolean).join(' · ')}</p>
            </div>
          </>
        )}
        {state === 'blocked' && (
          <Button look="primary" onClick={() => player?.play()}>
            Tap to start the sound
          </Button>
        )}
      </div>
      <audio ref={audio} data-testid="listen-audio" />
    </main>
  );
}

/** The list that the server gives out, by the address that this page came from. */
function playlistOf(showId: string, show: PublicShow | null): string {
  const given = show?.hlsUrl;
  if (!given) return `/live/${encodeURIComponent(showId)}/index.m3u8`;
  const { pathname, search } = new URL(given, location.href);
  return pathname + search;
}

function describe(state: PlayerState, show: PublicShow | null): string {
  const live = show?.status === 'LIVE';
  const isOver = show?.status === 'STOPPED' || show?.status === 'STOPPING';
  switch (state) {
    case 'playing':
      return live ? 'You’re listening live' : 'The show is ending';
    case 'loading':
      return 'Tuning in…';
    case 'paused':
      return live ? 'Paused. Play takes you back to the live show.' : 'The show is over.';
    case 'waiting':
      return 'Connection is slow, one moment…';
    case 'off-air':
      return isOver
        ? 'The show is over. If it continues, it will start here automatically.'
        : 'Not on air right now. It will start here automatically.';
    case 'blocked':
      return 'Your browser wants one more tap.';
    case 'unsupported':
      return 'This browser can’t play live streams. Try another one.';
    case 'idle':
      if (live || !show) return 'Press play to listen';
      return isOver ? 'The show is over' : 'Not on air right now';
  }
}
