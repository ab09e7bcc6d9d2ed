import { useCallback, useEffect, useRef, useState } from 'react';
import { browserStorage } from '../../auth/storage';
import type { KeyOf } from '../callers/keys';
import { setOnAir } from '../callers/commands';
import { deckCommand } from '../deck/commands';
import { useFeed } from '../../live/useShow';
import { useAction } from '../../ui/useAction';
import { shortcutOf } from './shortcutOf';

interface StudioKeys {
  /** The microphone panel registers what `m` does, since only it has the track. */
  registerMute: (toggle: (() => void) | null) => void;
  /** Whether single keys do anything: whoever speaks to their machine, or hits keys by chance, switches them off. */
  areOn: boolean;
  setAreOn: (areOn: boolean) => void;
  /** Why the last key did nothing: there is no button to say it. */
  error: string | null;
  clear: () => void;
}

const kSwitch = 'shelcaster.keys';

/** Listens for the studio's keys. */
export function useStudioKeys(keyOf: KeyOf): StudioKeys {
  const feed = useFeed();
  const { run, error, clear } = useAction();
  const [key, setKey] = useState('');
  const [areOn, setAreOnState] = useState(() => browserStorage.getItem(kSwitch) !== 'off');
  const setAreOn = useCallback((next: boolean) => {
    browserStorage.setItem(kSwitch, next ? 'on' : 'off');
    setAreOnState(next);
  }, []);
  const mute = useRef<(() => void) | null>(null);
  const registerMute = useCallback((toggle: (() => void) | null) => {
    mute.current = toggle;
  }, []);
  useEffect(() => {
    if (!areOn) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || document.querySelector('dialog[open]')) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      const found = shortcutOf(
        event.key,
        target && {
          tagName: target.tagName,
          type: target instanceof HTMLInputElement ? target.type : undefined,
          role: target.getAttribute('role'),
          isEditable: target.isContentEditable,
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
          const person = state.participants.find((one) => keyOf.get(one.participantId) === found.key);
          if (person) void run(() => setOnAir(feed, person, !person.isOnAir));
        }
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [feed, keyOf, areOn, run]);
  return { registerMute, areOn, setAreOn, error: error && `Key ${key}: ${error}`, clear };
}
