import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import type { Participant } from '../../api/types';
import { callersInOrder } from '../callers/order';
import { setOnAir } from '../callers/commands';
import { deckCommand } from '../deck/commands';
import { useFeed } from '../../live/useShow';

export type Shortcut =
  { kind: 'deck-toggle' } | { kind: 'deck-skip' } | { kind: 'mute' } | { kind: 'on-air'; index: number };

/** Which shortcut a key is, or null: never while somebody types, and the space bar belongs to a focused button. */
export function shortcutOf(
  key: string,
  target: { tagName: string; type?: string | undefined } | null,
  modified: boolean,
): Shortcut | null {
  if (modified) return null;
  const tag = target?.tagName ?? '';
  const isRange = tag === 'INPUT' && target?.type === 'range';
  if (['TEXTAREA', 'SELECT', 'DIALOG'].includes(tag) || (tag === 'INPUT' && !isRange)) return null;
  if (key === ' ') return ['BUTTON', 'A', 'SUMMARY'].includes(tag) ? null : { kind: 'deck-toggle' };
  if (key === 'n' || key === 'N') return { kind: 'deck-skip' };
  if (key === 'm' || key === 'M') return { kind: 'mute' };
  if (/^[1-9]$/.test(key)) return { kind: 'on-air', index: Number(key) - 1 };
  return null;
}

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
