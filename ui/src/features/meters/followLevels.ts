import type { SourceLevel } from '../../api/types';
import { loudest, type LevelBus } from '../../live/levels';

/**
 * Tells `draw` the loudest of `sources` once a frame; null is silence at once. Without sources, or while no frames
 * come, nobody else would take away what was drawn before.
 */
export function followLevels(
  bus: LevelBus,
  sources: readonly string[],
  draw: (level: SourceLevel | null) => void,
): () => void {
  const latest = new Map<string, SourceLevel>();
  let queued = false;
  let stopped = false;
  const drawLatest = () => {
    queued = false;
    if (!stopped) draw(latest.size > 0 ? loudest(latest.values(), '') : null);
  };
  const receive = (id: string) => (level: SourceLevel | null) => {
    if (level) latest.set(id, level);
    else latest.clear();
    // Several sources come with one frame: draw them together.
    if (!queued) {
      queued = true;
      queueMicrotask(drawLatest);
    }
  };
  const stops = sources.map((id) => bus.subscribe(id, receive(id)));
  if (sources.length === 0 || !bus.isFlowing) draw(null);
  return () => {
    stopped = true;
    stops.forEach((stop) => stop());
  };
}
