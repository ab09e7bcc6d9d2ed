import { useEffect, useState } from 'react';
import type { CSSProperties } from 'react';
import type { Deck } from '../../api/types';
import { formatDuration } from '../../format/time';
import { kDeckId } from '../../live/levels';
import { useFeed, useShow } from '../../live/useShow';
import { Button, IconButton } from '../../ui/Button';
import { Cover } from '../../ui/Cover';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { Meter } from '../meters/Meter';
import { deckCommand, type DeckCommand } from './commands';
import { positionNow } from './position';
import { QueueList } from './QueueList';
import { useDeckRefusal } from './useDeckRefusal';
import './deck.css';

const kDeck = [kDeckId] as const;

export function DeckPanel() {
  const feed = useFeed();
  const deck = useShow((state) => state.deck);
  const deckAtMs = useShow((state) => state.deckAtMs);
  const live = useShow((state) => state.show?.status === 'LIVE');
  const queueLength = useShow((state) => state.queue.length);
  const action = useAction();
  const refusal = useDeckRefusal();
  const command = (name: DeckCommand, more?: { positionMs?: number }) =>
    void action.run(() => deckCommand(feed, name, more));
  const playing = deck?.state === 'PLAYING';
  const loaded = deck !== null && deck.itemId !== null && deck.state !== 'STOPPED';

  return (
    <Panel title="Deck" className="panel-deck">
      <div className="stack">
        <div className="deck-now">
          <Cover url={loaded ? deck.coverUrl : null} size={48} />
          <div className="deck-words">
            <p className="deck-title" data-testid="deck-title">
              {loaded ? deck.title || 'Untitled' : 'No track'}
            </p>
            <p className="track-by">{loaded ? [deck.artist, deck.album].filter(Boolean).join(' · ') : ''}</p>
          </div>
          <span className="soft" data-testid="deck-state" data-state={deck?.state ?? ''}>
            {playing ? 'Playing' : deck?.state === 'PAUSED' ? 'Paused' : 'Stopped'}
          </span>
        </div>
        <Meter bus={feed.levels} sources={kDeck} label="Level of the deck" testId="meter-deck" />
        <Position
          deck={loaded ? deck : null}
          atMs={deckAtMs}
          onSeek={(positionMs) => command('SEEK', { positionMs })}
        />
        <div className="deck-buttons">
          <Button
            look="primary"
            icon="play"
            data-testid="deck-play"
            disabled={!live || playing}
            onClick={() => command('PLAY')}
          >
            Play
          </Button>
          <IconButton
            icon="pause"
            label="Pause"
            data-testid="deck-pause"
            disabled={!live || !playing}
            onClick={() => command('PAUSE')}
          />
          <IconButton
            icon="stop"
            label="Stop"
            data-testid="deck-stop"
            disabled={!live || !loaded}
            onClick={() => command('STOP')}
          />
          <IconButton
            icon="skip"
            label="Next track"
            data-testid="deck-skip"
            disabled={!live || !loaded}
            onClick={() => command('SKIP')}
          />
        </div>
        <Message text={action.error} bad onDismiss={action.clear} />
        <Message text={refusal.text} bad onDismiss={refusal.dismiss} />
        <h3 className="list-title">
          Queue <span className="count">{queueLength}</span>
        </h3>
        <QueueList action={action} nowItemId={loaded ? deck.itemId : null} />
      </div>
    </Panel>
  );
}

function Position({ deck, atMs, onSeek }: { deck: Deck | null; atMs: number; onSeek: (ms: number) => void }) {
  const [now, setNow] = useState(Date.now);
  const [dragMs, setDragMs] = useState<number | null>(null);
  const playing = deck?.state === 'PLAYING';
  useEffect(() => {
    setNow(Date.now());
    if (!playing) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [playing, atMs]);
  const duration = deck?.durationMs ?? 0;
  const position = dragMs ?? positionNow(deck, atMs, now);
  const commit = () => {
    if (dragMs === null) return;
    onSeek(dragMs);
    setDragMs(null);
  };
  return (
    <div className="position">
      <span>{formatDuration(deck ? position : null)}</span>
      <input
        type="range"
        className="fader horizontal"
        style={{ '--fill': `${duration ? (position / duration) * 100 : 0}%` } as CSSProperties}
        min={0}
        max={duration || 1}
        step={1000}
        value={Math.min(position, duration)}
        disabled={!deck || !duration}
        aria-label="Position in the track"
        aria-valuetext={formatDuration(position)}
        data-testid="deck-position"
        onChange={(event) => setDragMs(Number(event.target.value))}
        onPointerUp={commit}
        onKeyUp={commit}
        onBlur={commit}
      />
      <span>{formatDuration(deck?.durationMs ?? null)}</span>
    </div>
  );
}
