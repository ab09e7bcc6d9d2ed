import type { LevelsFrame, SourceLevel } from '../api/types';

export const kMasterId = 'master';
export const kDeckId = 'deck';
/** The level of this browser's own microphone, measured here. */
export const kPreviewId = 'preview';

// Frames come each 67 ms, and each second while nobody is in the show; when none has come for this long, what the
// meters show is no longer true.
const kStaleMs = 1500;

type Listener = (level: SourceLevel | null) => void;

const kSilent = { peakDb: -Infinity, rmsDb: -Infinity, clip: false };

/**
 * Carries 15 levels a second from the socket to the meters, past React: a meter subscribes to one source
 * and moves its own pixels.
 */
export class LevelBus {
  private readonly listeners = new Map<string, Set<Listener>>();
  private staleTimer: ReturnType<typeof setTimeout> | null = null;

  /** Frames come: what is shown is drawn anew with the next one. */
  get isFlowing(): boolean {
    return this.staleTimer !== null;
  }

  subscribe(id: string, listener: Listener): () => void {
    const set = this.listeners.get(id) ?? new Set<Listener>();
    set.add(listener);
    this.listeners.set(id, set);
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(id);
    };
  }

  publish(frame: LevelsFrame): void {
    if (this.staleTimer) clearTimeout(this.staleTimer);
    this.staleTimer = setTimeout(() => this.clear(), kStaleMs);
    const byId = new Map(frame.sources.map((source) => [source.id, source]));
    byId.set(kMasterId, { id: kMasterId, ...frame.master });
    for (const [id, set] of this.listeners) {
      if (id === kPreviewId) continue;
      const level = byId.get(id) ?? { id, ...kSilent };
      for (const listener of set) listener(level);
    }
  }

  publishOne(level: SourceLevel): void {
    for (const listener of this.listeners.get(level.id) ?? []) listener(level);
  }

  /** Nothing is known any more (socket lost, show over): meters fall to silence. */
  clear(): void {
    if (this.staleTimer) clearTimeout(this.staleTimer);
    this.staleTimer = null;
    for (const id of this.listeners.keys()) if (id !== kPreviewId) this.silence(id);
  }

  silence(id: string): void {
    for (const listener of this.listeners.get(id) ?? []) listener(null);
  }
}

/** The louder of several sources, which is what a bus meter shows. */
export function loudest(levels: Iterable<SourceLevel>, id: string): SourceLevel {
  let result: SourceLevel = { id, ...kSilent };
  for (const level of levels)
    result = {
      id,
      peakDb: Math.max(result.peakDb, level.peakDb),
      rmsDb: Math.max(result.rmsDb, level.rmsDb),
      clip: result.clip || level.clip,
    };
  return result;
}
