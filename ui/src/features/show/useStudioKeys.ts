import { useCallback, useEffect, useRef, useState } from 'react';
import { callersInOrder } from '../callers/order';
import { setOnAir } from '../callers/commands';
import { deckCommand } from '../deck/commands';
import { useFeed } from '../../live/useShow';
import { useAction } from '../../ui/useAction';
import { shortcutOf } from './shortcutOf';

interface StudioKeys {
  /** The microphone panel registers what `m` does, since only it has the track. */
  registerMute: (toggle: (() => void) | null) => void;
  /** Why the last key did nothing: there is no button to say it. */
  error: string | null;
  clear: () => void;
}

/** Listens for the studio's keys. */
export function useStudioKeys(ownId: string | null): StudioKeys {
  const feed = useFeed();
  const { run, error, clear } = useAction();
  const [key, setKey] = useState('');
  const mute = useRef<(() => void) | null>(null);
  const registerMute = useCallback((toggle: (() => void) | null) => {
    mute.current = toggle;
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || document.querySelector('dialog[open]')) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      const found = shortcutOf(
        event.key,
        target && {
          tagName: target.tagName,
          type: target instanceof HTMLInputElement ? target.type : undefined,
        },
        event.ctrlKey || event.altKey || event.metaKey,
      );
      if (!found) return;
      event.preventDefault();
      setKey(event.key === ' ' ? 'Space' : event.key);
      const state = feed.getSnapshot();
      switch (found.kind) {
        case 'deck-toggle':
          return void run(() => deckCommand(feed, state.deck?.state === 'PLAYING' ? 'PAUSE' : 'PLAY'));
        case 'deck-skip':
          return void run(() => deckCommand(feed, 'SKIP'));
        case 'mute':
          return mute.current?.();
        case 'on-air': {
          const person = callersInOrder(state.participants)[found.index];
          if (person && person.participantId !== ownId)
            void run(() => setOnAir(feed, person, !person.isOnAir));
        }
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [feed, ownId, run]);
  return { registerMute, error: error && `Key ${key}: ${error}`, clear };
}
