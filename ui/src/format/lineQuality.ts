import type { NetworkStats } from '../api/types';

export type Quality = 'good' | 'fair' | 'poor';

export interface LineQuality {
  quality: Quality;
  /** What is wrong, the worst first; empty when nothing is. */
  reasons: string[];
}

interface Rule {
  value: (stats: NetworkStats) => number;
  fair: number;
  poor: number;
  reason: (value: number) => string;
}

const percent = (value: number) => `${value < 1 ? value.toFixed(1) : Math.round(value)} %`;
const milliseconds = (value: number) => `${Math.round(value)} ms`;

/** From a person's mouth to the mix: half the round trip, and what the jitter buffer adds. */
export const oneWayMs = ({ delayMs = 0, rttMs = 0 }: NetworkStats) => delayMs + rttMs / 2;

// The delays are those of ITU-T G.114: up to 150 ms one way nobody notices, from about 400 ms a conversation
// breaks down. Loss is what Opus' concealment covers without being noticed, and what it does not.
const kRules: Rule[] = [
  {
    value: (stats) => stats.lossPercent ?? 0,
    fair: 2,
    poor: 6,
    reason: (v) => `loses ${percent(v)} of packets`,
  },
  {
    value: (stats) => stats.concealedPercent ?? 0,
    fair: 1,
    poor: 5,
    reason: (v) => `${percent(v)} of the sound is filled in`,
  },
  { value: oneWayMs, fair: 150, poor: 350, reason: (v) => `delay ${milliseconds(v)}` },
  {
    value: (stats) => stats.jitterMs ?? 0,
    fair: 40,
    poor: 100,
    reason: (v) => `unsteady by ${milliseconds(v)}`,
  },
  {
    value: (stats) => stats.returnLossPercent ?? 0,
    fair: 3,
    poor: 8,
    reason: (v) => `hears gaps: loses ${percent(v)}`,
  },
  // Resampling follows it without a sound; it says that a sound card or driver is out of the ordinary.
  { value: (stats) => Math.abs(stats.driftPpm ?? 0), fair: 150, poor: Infinity, reason: () => 'clock drift' },
];

/** Nothing was measured yet: null. */
export function lineQuality(stats: NetworkStats | undefined): LineQuality | null {
  if (stats?.rttMs === undefined) return null;
  const poor: string[] = [];
  const fair: string[] = [];
  for (const rule of kRules) {
    const value = rule.value(stats);
    if (value >= rule.poor) poor.push(rule.reason(value));
    else if (value >= rule.fair) fair.push(rule.reason(value));
  }
  const quality = poor.length > 0 ? 'poor' : fair.length > 0 ? 'fair' : 'good';
  return { quality, reasons: [...poor, ...fair] };
}

export interface Figure {
  name: string;
  value: string;
}

const known = (value: number | undefined, text: (value: number) => string) =>
  value === undefined ? 'not known' : text(value);

/** The numbers behind the words, each with its unit. */
export function lineFigures(stats: NetworkStats): Figure[] {
  const share = (value: number) => `${value.toFixed(1)} %`;
  const drift = (value: number) =>
    `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(0)} ppm`;
  return [
    { name: 'Packets lost', value: known(stats.lossPercent, share) },
    { name: 'Sound filled in', value: known(stats.concealedPercent, share) },
    { name: 'Jitter', value: known(stats.jitterMs, milliseconds) },
    { name: 'Buffer delay', value: known(stats.delayMs, milliseconds) },
    { name: 'Round trip', value: known(stats.rttMs || undefined, milliseconds) },
    { name: 'Clock drift', value: known(stats.driftPpm, drift) },
    { name: 'Lost towards them', value: known(stats.returnLossPercent, share) },
  ];
}

const kPoorToShow = 2;
const kBetterToHide = 3;

/** Whether to tell a person that their line is poor: reports come each 2 s, and one bad one is no news. */
export class PoorLineWatch {
  private isPoor = false;
  private streak = 0;

  update(quality: Quality | null): boolean {
    if (quality === null) {
      this.isPoor = false;
      this.streak = 0;
      return false;
    }
    this.streak = (quality === 'poor') === this.isPoor ? 0 : this.streak + 1;
    if (this.streak >= (this.isPoor ? kBetterToHide : kPoorToShow)) {
      this.isPoor = !this.isPoor;
      this.streak = 0;
    }
    return this.isPoor;
  }
}

/** For the caller: what is wrong and what to do about it. */
export function callerAdvice(stats: NetworkStats): string {
  const toDo = 'Move closer to your Wi-Fi or plug in a cable, and close whatever else uses the network.';
  const lost = Math.max(stats.lossPercent ?? 0, stats.concealedPercent ?? 0);
  if (lost >= kRules[0]!.fair)
    return `Your connection is poor: ${percent(lost)} of your sound is lost. ${toDo}`;
  if (oneWayMs(stats) >= 350)
    return `Your connection is slow: the studio hears you ${(oneWayMs(stats) / 1000).toFixed(1)} s late. ${toDo}`;
  if ((stats.returnLossPercent ?? 0) >= 8)
    return `Your connection is poor: you may hear gaps, the studio hears you well. ${toDo}`;
  return `Your connection is unsteady. ${toDo}`;
}
