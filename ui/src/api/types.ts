/** Shapes of the HTTP API and of the event socket, as the pages use them. Volumes are 0–100, times Unix ms. */
export type ShowStatus = 'CREATING' | 'STARTING' | 'LIVE' | 'STOPPING' | 'STOPPED' | 'ERROR';

export interface Show {
  showId: string;
  title: string;
  status: ShowStatus;
  compositionServiceStatus?: string | null;
  tracklistId?: string | null;
  createdAt: number;
  updatedAt: number;
  /** Why the status is ERROR, for a person. */
  error?: string;
}

export interface PublicShow {
  showId: string;
  title: string;
  status: ShowStatus;
}

export type Role = 'HOST' | 'CALLER' | 'VIRTUAL_PARTICIPANT';
export type Connection = 'connecting' | 'connected' | 'disconnected';

export interface NetworkStats {
  lossPercent: number;
  jitterMs: number;
  delayMs: number;
  rttMs: number;
}

export interface Participant {
  participantId: string;
  username: string;
  role: Role;
  isOnAir: boolean;
  isPublishing: boolean;
  joinedAt: number;
  leftAt?: number | null;
  state: string;
  volume: number;
  muted: boolean;
  kicked?: boolean;
  connection?: Connection | null;
  /** Empty while nothing is known. */
  stats?: Partial<NetworkStats>;
}

export interface AudioRouting {
  tracklistVolume: number;
  hostVolume: number;
  callersVolume: number;
  masterVolume: number;
  onAirCallerIds: string[];
  compression: { enabled: boolean; threshold: number; ratio: number };
  limiter: { enabled: boolean; ceiling: number };
  updatedAt?: number;
}

export type DeckState = 'STOPPED' | 'PLAYING' | 'PAUSED';

export interface Deck {
  state: DeckState;
  itemId: string | null;
  positionMs: number;
  durationMs: number | null;
  title: string | null;
}

export interface QueueItem {
  itemId: string;
  trackId: string;
  title: string;
  durationMs: number | null;
}

export type TrackStatus = 'IMPORTING' | 'READY' | 'FAILED';

export interface Track {
  trackId: string;
  title: string;
  status: TrackStatus;
  error?: string | null;
  durationMs: number | null;
  loudnessLufs?: number | null;
  gainDb?: number | null;
  progress?: number | null;
}

export interface Tracklist {
  tracklistId: string;
  title: string;
  trackIds?: string[];
}

export interface OutputState {
  id: string;
  kind?: string;
  url?: string;
  streamKeySet?: boolean;
  state?: string | null;
  detail?: string | null;
}

export interface Composition {
  status: string;
  lastHeartbeat: number | null;
  metrics?: Record<string, unknown> | null;
}

export interface ShowLinks {
  studioUrl: string;
  joinUrl: string;
  listenUrl: string;
}

export interface ShowEvent {
  number: number;
  at: number;
  kind: string;
  actor?: string | null;
  data?: Record<string, unknown> | null;
}

export interface SourceLevel {
  id: string;
  peakDb: number;
  rmsDb: number;
  clip: boolean;
}

export interface LevelsFrame {
  type: 'levels';
  at: number;
  master: { peakDb: number; rmsDb: number; clip: boolean; momentaryLufs?: number | null };
  sources: SourceLevel[];
}
