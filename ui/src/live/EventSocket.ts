import { Backoff } from './backoff';
import type { Frame } from './showState';

export type LinkState = 'connecting' | 'open' | 'lost' | 'expired' | 'refused' | 'gone';

/** The part of WebSocket that is used, so that tests need no network. */
export interface SocketLike {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  close(): void;
}

export interface EventSocketOptions {
  /** Without a query, for example `wss://radio.example/shows/show-1/events`. */
  url: string;
  token: string;
  onFrame: (frame: Frame) => void;
  onLink: (state: LinkState) => void;
  /**
   * Whether the server answers, by a plain request; it never throws. Asked before a dial after a loss: browsers let
   * dials wait for many seconds when some have failed within the last minutes.
   */
  knock?: () => Promise<boolean>;
  open?: (url: string, protocols: string[]) => SocketLike;
  backoff?: Backoff;
}

// The server's close codes: the token has ended; removed from the show; the show was deleted. Nothing changes by
// dialling again.
const kCloseExpired = 4401;
const kCloseRefused = 4403;
const kCloseGone = 4410;

// A desk is told something at least each 20 s, a connected caller each 2 s. When nothing at all has come for
// this long on an open socket, the network may be gone without a close: dial again.
const kSilenceMsMax = 45_000;
// After a wake-up an open socket is doubted: it has to say something within this time. A desk that is
// told little because its show is off costs one more dial.
const kDoubtMs = 2500;
// Somewhere between here and the server a network may swallow a dial without a word.
const kDialMsMax = 4000;

/**
 * The number to resume behind. A snapshot says it only where none is known: after a loss the events since the last
 * one come behind the snapshot, a few at a time, and the next loss may come before they have. After a gap the log begins at
 * its oldest, which may be below what was known of another log.
 */
function lastNumberAfter(last: number | null, frame: Frame): number | null {
  if (frame.type === 'gap' && typeof frame.oldest === 'number') return frame.oldest - 1;
  if (frame.type === 'state' && typeof frame.eventNumber === 'number') return last ?? frame.eventNumber;
  if (frame.type === 'event' && typeof frame.number === 'number') return Math.max(last ?? 0, frame.number);
  return last;
}

/**
 * The show's event stream. Remembers the number of the last event, and after a loss resumes behind it, so that a
 * page that was away for a minute misses nothing. The token goes as a subprotocol, which no access log has.
 */
export class EventSocket {
  private socket: SocketLike | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private watchdog: ReturnType<typeof setTimeout> | null = null;
  private lastNumber: number | null = null;
  private isOpen = false;
  /** Counts up with each socket and each knock, so that a late answer is known. */
  private attempt = 0;
  private stopped = false;
  private readonly backoff: Backoff;

  constructor(private readonly options: EventSocketOptions) {
    this.backoff = options.backoff ?? new Backoff();
  }

  start(): void {
    this.stopped = false;
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    this.clearTimers();
    this.drop();
  }

  /** A wake-up: dial now instead of when the backoff says, and doubt a socket that seems to be open. */
  nudge(): void {
    if (this.stopped) return;
    if (this.isOpen) return this.watch(kDoubtMs);
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.backoff.reset();
    void this.redial();
  }

  private async redial(): Promise<void> {
    const { knock } = this.options;
    if (!knock) return this.dial();
    this.watch(kDialMsMax);
    const attempt = (this.attempt += 1);
    const isThere = await knock();
    if (attempt !== this.attempt || this.stopped) return;
    if (isThere) this.dial();
    else this.closed(1006);
  }

  private dial(): void {
    this.options.onLink('connecting');
    const after = this.lastNumber === null ? '' : `?after=${this.lastNumber}`;
    const open = this.options.open ?? ((url, protocols) => new WebSocket(url, protocols));
    const socket = open(this.options.url + after, [`bearer.${this.options.token}`]);
    this.socket = socket;
    this.watch(kDialMsMax);
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.isOpen = true;
      this.options.onLink('open');
      this.watch(kSilenceMsMax);
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.watch(kSilenceMsMax);
      this.receive(String(event.data));
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.drop();
      this.closed(event.code);
    };
  }

  private receive(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    this.lastNumber = lastNumberAfter(this.lastNumber, frame);
    // Only a frame proves that the server took us in; an accepted and at once closed socket must back off.
    this.backoff.reset();
    this.options.onFrame(frame);
  }

  private closed(code: number): void {
    this.clearTimers();
    if (this.stopped) return;
    if (code === kCloseExpired) return this.options.onLink('expired');
    if (code === kCloseRefused) return this.options.onLink('refused');
    if (code === kCloseGone) return this.options.onLink('gone');
    this.options.onLink('lost');
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.redial();
    }, this.backoff.nextMs());
  }

  private watch(silenceMsMax: number): void {
    if (this.watchdog) clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.drop();
      this.closed(1006);
    }, silenceMsMax);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    this.attempt += 1;
    socket?.close();
  }

  private clearTimers(): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.watchdog) clearTimeout(this.watchdog);
    this.timer = null;
    this.watchdog = null;
  }
}
