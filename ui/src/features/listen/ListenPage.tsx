import { useEffect, useRef, useState } from 'react';
import { Button } from '../../ui/Button';
import { Icon, Shell } from '../../ui/Icon';
import { MessagePage } from '../../ui/MessagePage';
import { Notice } from '../../ui/Notice';
import { usePublicShow } from '../join/usePublicShow';
import { StatusPill } from '../show/StatusPill';
import { delayText } from './delay';
import { HlsPlayer, type PlayerState } from './HlsPlayer';
import './listen.css';

const kVolumeKey = 'shelcaster.volume';

export default function ListenPage({ showId }: { showId: string }) {
  const { show, missing } = usePublicShow(showId);
  const audio = useRef<HTMLAudioElement>(null);
  const player = useRef<HlsPlayer | null>(null);
  const [state, setState] = useState<PlayerState>('idle');
  const [delayS, setDelayS] = useState<number | null>(null);
  const [volume, setVolume] = useState(() => Number(localStorage.getItem(kVolumeKey) ?? 100));
  const live = show?.status === 'LIVE';

  useEffect(() => {
    if (show) document.title = show.title;
  }, [show]);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    const made = new HlsPlayer(element, `/live/${encodeURIComponent(showId)}/index.m3u8`, setState);
    player.current = made;
    const timer = setInterval(() => setDelayS(made.delayS()), 1000);
    return () => {
      clearInterval(timer);
      made.stop();
    };
  }, [showId, missing]);
  useEffect(() => {
    if (audio.current) audio.current.volume = volume / 100;
    localStorage.setItem(kVolumeKey, String(volume));
  }, [volume]);
  // The show came back while somebody still listens: the player takes it up again.
  useEffect(() => {
    if (live) player.current?.nudge();
  }, [live]);
  useEffect(() => {
    if (!show || !('mediaSession' in navigator)) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title: show.title, artist: 'Live' });
  }, [show]);

  if (missing)
    return <MessagePage title="This show doesn’t exist" text="Check the link, or ask for a new one." />;
  const wanted = state !== 'idle';
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
        aria-label={wanted ? 'Stop listening' : 'Listen'}
        onClick={() => (wanted ? player.current?.stop() : player.current?.play())}
      >
        <Icon name={wanted ? 'stop' : 'play'} size={44} />
      </button>
      <p className="listen-state" role="status" data-testid="listen-state">
        {describe(state, live)}
        {state === 'playing' && delayS !== null && (
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
      {state === 'unsupported' && (
        <Notice bad text="This browser can’t play live streams. Try another one." />
      )}
      {state === 'blocked' && (
        <Button look="primary" onClick={() => player.current?.play()}>
          Tap to start the sound
        </Button>
      )}
      <audio ref={audio} data-testid="listen-audio" />
    </main>
  );
}

function describe(state: PlayerState, live: boolean): string {
  switch (state) {
    case 'playing':
      return 'You’re listening live';
    case 'loading':
      return 'Tuning in…';
    case 'waiting':
      return live ? 'Connection is slow, one moment…' : 'The show is off air. It starts here by itself.';
    case 'blocked':
    case 'unsupported':
      return '';
    case 'idle':
      return live ? 'Press play to listen' : 'Not on air right now';
  }
}
