import type { Track } from '../../api/types';
import { stillOrder } from '../../ui/stillOrder';

/** What matters of a moment at which the library was read. */
interface Moment {
  /** Somebody is at the list: no row of it moves or goes, whatever has come or gone. */
  isInUse: boolean;
  /** This page has added something, which is looked for at the top and hasn't been shown there yet. */
  isAwaited: boolean;
}

/**
 * The tracks as they are to be shown, the newest first at the first look. What comes later is last, until something that
 * was added here is shown: then the order is made anew, though not under a hand.
 */
export class TrackOrder {
  private shown: Track[] = [];

  /** `isAnew`: rows may have changed places, and what is awaited is on top. */
  take(fresh: readonly Track[], { isInUse, isAwaited }: Moment): { tracks: Track[]; isAnew: boolean } {
    // The server lists by age: of two that are as old, the later one is newer.
    const newestFirst = [...fresh].reverse().sort((a, b) => b.createdAt - a.createdAt);
    const isAnew = this.shown.length === 0 || (isAwaited && !isInUse);
    this.shown = isAnew
      ? newestFirst
      : stillOrder(this.shown, newestFirst, [], (track) => track.trackId, isInUse);
    return { tracks: this.shown, isAnew };
  }

  /** Without a track that was deleted here: its row goes at once, as whoever deleted it expects. */
  without(trackId: string): Track[] {
    this.shown = this.shown.filter((track) => track.trackId !== trackId);
    return this.shown;
  }
}
