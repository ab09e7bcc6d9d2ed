import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import type { Participant } from '../../api/types';
import { callersInOrder } from '../callers/order';
import { setOnAir } from '../callers/commands';
import { deckCommand } from '../deck/commands';
import { useFeed } from '../../live/useShow';
import { shortcutOf } from './shortcutOf';

interface Keys {
  registerMute: (toggle: (() => void) | null) => void;
}

/** Listens for the studio's keys. The microphone panel registers what `m` does, since only it has the track. */
export function StudioKeys({
  ownId,
  children,
}: {
  ownId: string | null;
  children: (keys: Keys) => ReactNode;
}) {
  const feed = useFeed();
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
      const state = feed.getSnapshot();
      if (found.kind === 'deck-toggle')
        void deckCommand(feed, state.deck?.state === 'PLAYING' ? 'PAUSE' : 'PLAY').catch(() => undefined);
      else if (found.kind === 'deck-skip') void deckCommand(feed, 'SKIP').catch(() => undefined);
      else if (found.kind === 'mute') mute.current?.();
      else {
        const person: Participant | undefined = callersInOrder(state.participants)[found.index];
        if (person && person.participantId !== ownId)
          void setOnAir(feed, person, !person.isOnAir).catch(() => undefined);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [feed, ownId]);
  return <>{children({ registerMute })}</>;
}
