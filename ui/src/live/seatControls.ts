import type { SeatControls } from '../api/types';
import { panWords } from '../format/pan';

interface SeatControl<Value> {
  /** What the log of events says of a new value. */
  told: (value: Value) => string;
  /** A drag sets it again and again, of which the log shows the last. */
  isDragged?: boolean;
}

/** Everything that the desk sets of a person's channel. Their rows have a fader or a button for each. */
export const kSeatControls: { [Name in keyof SeatControls]-?: SeatControl<Required<SeatControls>[Name]> } = {
  muted: { told: (muted) => (muted ? 'muted' : 'unmuted') },
  volume: { told: (volume) => `volume ${volume}`, isDragged: true },
  pan: { told: (pan) => `pan ${panWords(pan)}`, isDragged: true },
};

type Data = Record<string, unknown>;
type AnyControl = [name: string, control: SeatControl<unknown>];
const kAll = Object.entries(kSeatControls) as AnyControl[];

export const kSeatControlNames = Object.keys(kSeatControls) as (keyof SeatControls)[];

/** What an event says of them, in words. */
export function controlsTold(data: Data): string[] {
  return kAll.filter(([name]) => data[name] !== undefined).map(([name, { told }]) => told(data[name]));
}

/** The names of the controls that an event is a drag of; empty: it is another one. */
export function controlsDragged(data: Data): string[] {
  const moved = kAll.filter(([name]) => name in data);
  return moved.every(([, control]) => control.isDragged) ? moved.map(([name]) => name) : [];
}
