import { ApiError, makeApi, type Api } from '../api/client';
import type { AudioRouting, LevelsFrame, OutputState, Participant, QueueItem, ShowEvent } from '../api/types';
import { EventSocket, type LinkState } from './EventSocket';
import { LevelBus } from './levels';
import { onWakeUp } from './wakeUp';
import {
  applySnapshot,
  kEmptyState,
  mergeParticipants,
  reduceFrame,
  slicesOf,
  withEvents,
  type Frame,
  type ShowState,
  type Slice,
} from './showState';

export interface FeedSnapshot extends ShowState {
  link: LinkState;
  /** Counts up when the track library may have changed. */
  tracksVersion: number;
}

const kRefreshDelayMs = 80;
const kEventsShown = 100;

const isFinal = (link: LinkState) => link === 'expired' || link === 'refused' || link === 'gone';

/**
 * One show as the server streams it: the socket's frames reduced to a state that React reads with
 * useSyncExternalStore, and levels on a bus of their own. After an event, the slices that it may have
 * changed are read again (together, shortly after), so the state is the server's and never a guess.
 */
export class ShowFeed {
  readonly levels = new LevelBus();
  readonly api: Api;
  private snapshot: FeedSnapshot = { ...kEmptyState, link: 'connecting', tracksVersion: 0 };
  private readonly listeners = new Set<() => void>();
  private readonly dirty = new Set<Slice>();
  private hasEvents = false;
  private stopWaking: () => void = () => undefined;
  private refreshTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly socket: EventSocket;
  private readonly path: string;

  constructor(
    readonly showId: string,
    readonly token: string,
    /** Callers get a reduced stream and may not read the desk's resources. */
    private readonly readsDesk: boolean,
  ) {
    this.api = makeApi(token, { isAway: () => this.snapshot.link !== 'open' });
    this.path = `/shows/${encodeURIComponent(showId)}`;
    const origin = location.origin.replace(/^http/, 'ws');
    this.socket = new EventSocket({
      url: `${origin}${this.path}/events`,
      token,
      onFrame: (frame) => this.onFrame(frame),
      onLink: (link) => this.onLink(link),
      knock: () => this.knock(),
    });
  }

  start(): void {
    this.socket.start();
    this.stopWaking = onWakeUp(() => this.socket.nudge());
  }

  stop(): void {
    this.stopWaking();
    if (this.refreshTimer) clearTimeout(this.refreshTimer);
    this.refreshTimer = null;
    this.socket.stop();
  }

  readonly getSnapshot = (): FeedSnapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Takes a response of the server into the state at once, without waiting for its echo over the socket. */
  merge(part: Partial<ShowState>): void {
    this.set({ ...this.snapshot, ...part });
  }

  mergePerson(participantId: string, part: Partial<Participant>): void {
    this.merge({
      participants: this.snapshot.participants.map((person) =>
        person.participantId === participantId ? { ...person, ...part } : person,
      ),
    });
  }

  refresh(slices: Slice[]): void {
    for (const slice of slices) this.dirty.add(slice);
    if (this.refreshTimer || this.dirty.size === 0) return;
    this.refreshTimer = setTimeout(() => {
      this.refreshTimer = null;
      const due = [...this.dirty];
      this.dirty.clear();
      for (const slice of due) void this.readSlice(slice);
    }, kRefreshDelayMs);
  }

  private onFrame(frame: Frame): void {
    if (frame.type === 'levels') {
      this.levels.publish(frame as unknown as LevelsFrame);
      return;
    }
    if (frame.type === 'gap') this.hasEvents = false;
    const next = reduceFrame(this.snapshot, frame, Date.now());
    if (next !== this.snapshot) this.set({ ...this.snapshot, ...next });
    if (frame.type === 'state' && this.readsDesk && !this.hasEvents) void this.loadEvents(next.eventNumber);
    if (frame.type === 'event' && this.readsDesk) {
      const slices = slicesOf(String(frame.kind));
      if (slices.includes('tracks'))
        this.set({ ...this.snapshot, tracksVersion: this.snapshot.tracksVersion + 1 });
      this.refresh(slices);
    }
    if (frame.type === 'seat' && this.readsDesk && !this.knows(frame.participantId))
      this.refresh(['participants']);
  }

  private knows(participantId: unknown): boolean {
    return this.snapshot.participants.some((person) => person.participantId === participantId);
  }

  private onLink(link: LinkState): void {
    if (isFinal(this.snapshot.link)) return;
    if (isFinal(link)) this.stop();
    if (link !== 'open') this.levels.clear();
    if (link !== this.snapshot.link) this.set({ ...this.snapshot, link });
  }

  private async readSlice(slice: Slice): Promise<void> {
    try {
      if (slice === 'status') {
        const frame = await this.api.get<Frame>(`${this.path}/status`);
        this.set({ ...this.snapshot, ...applySnapshot(this.snapshot, frame, Date.now()) });
      } else if (slice === 'participants') {
        const fresh = await this.api.get<Participant[]>(`${this.path}/participants`);
        this.merge({ participants: mergeParticipants(this.snapshot.participants, fresh) });
      } else if (slice === 'routing') {
        this.merge({ routing: await this.api.get<AudioRouting>(`${this.path}/audio-routing`) });
      } else if (slice === 'queue') {
        this.merge({ queue: (await this.api.get<{ items: QueueItem[] }>(`${this.path}/queue`)).items });
      } else if (slice === 'outputs') {
        this.merge({
          outputs: (await this.api.get<{ outputs: OutputState[] }>(`${this.path}/outputs`)).outputs,
        });
      }
    } catch (error) {
      // A lost connection shows as such by the socket, which reads everything anew when it is back.
      if (slice === 'status') this.takeRefusal(error);
    }
  }

  /** A refused upgrade looks like a lost network to a page: this request tells the two apart. */
  private async knock(): Promise<boolean> {
    try {
      await this.api.get(`${this.path}/${this.readsDesk ? 'status' : 'me'}`);
      return true;
    } catch (error) {
      this.takeRefusal(error);
      return false;
    }
  }

  private takeRefusal(error: unknown): void {
    if (!(error instanceof ApiError)) return;
    if (error.status === 401) this.onLink('expired');
    if (error.status === 403) this.onLink('refused');
    if (error.status === 404) this.onLink('gone');
  }

  private async loadEvents(last: number): Promise<void> {
    this.hasEvents = true;
    const after = Math.max(0, last - kEventsShown);
    try {
      const page = await this.api.get<{ events: ShowEvent[] }>(
        `${this.path}/events?after=${after}&limit=${kEventsShown}`,
      );
      const wentLive = page.events.filter((event) => event.kind === 'show_live').pop();
      const since = this.snapshot.show?.status === 'LIVE' && wentLive ? { liveSinceMs: wentLive.at } : {};
      this.set({ ...this.snapshot, ...withEvents(this.snapshot, page.events), ...since });
    } catch {
      this.hasEvents = false;
    }
  }

  private set(next: FeedSnapshot): void {
    this.snapshot = next;
    for (const listener of this.listeners) listener();
  }
}
