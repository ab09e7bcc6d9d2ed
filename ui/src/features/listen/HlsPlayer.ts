import type Hls from 'hls.js';

export type PlayerState =
  | 'idle'
  | 'loading'
  | 'playing'
  /** By a key of the keyboard, a headset or the lock screen. */
  | 'paused'
  | 'waiting'
  /** Wanted, but nothing is on the air: it starts by itself when something is. */
  | 'off-air'
  | 'blocked'
  | 'unsupported';

const kRetryMs = 3000;

/**
 * Plays a live playlist for as long as it is wanted and there is a show. hls.js (loaded when first needed) where the
 * browser has MediaSource, else the browser's own HLS (iPhones). Whatever fails is tried again: a listener never
 * reloads. When the show is over, what was loaded is played to its end and not once more.
 */
export class HlsPlayer {
  private hls: Hls | null = null;
  private wanted = false;
  private isLive = false;
  private isLoading = false;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private state: PlayerState = 'idle';

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly url: () => string,
    private readonly onState: (state: PlayerState) => void,
  ) {
    audio.addEventListener('playing', () => this.wanted && this.set('playing'));
    audio.addEventListener('waiting', () => this.wanted && this.state === 'playing' && this.stalled());
    audio.addEventListener('error', () => this.wanted && !this.hls && this.retryLater());
    audio.addEventListener('ended', () => this.wanted && this.retryLater());
    audio.addEventListener('pause', () => this.pausedByKey());
    audio.addEventListener('play', () => this.state === 'paused' && this.play());
  }

  /** From the live edge, whatever was heard before. */
  play(): void {
    this.wanted = true;
    if (!this.isLive) return this.rest();
    this.set('loading');
    void this.load();
  }

  pause(): void {
    if (this.state === 'playing' || this.state === 'waiting') this.audio.pause();
  }

  stop(): void {
    this.wanted = false;
    this.cancelRetry();
    this.unload();
    this.set('idle');
  }

  /** Whether there is a show. One that comes back is taken up by whoever still listens. */
  setLive(isLive: boolean): void {
    const hasStarted = isLive && !this.isLive;
    this.isLive = isLive;
    if (!this.wanted) return;
    if (hasStarted && (this.state === 'off-air' || this.retryTimer)) this.play();
    if (!isLive && (this.state === 'waiting' || this.state === 'loading')) this.rest();
  }

  /** How far what is heard lies behind the studio; null while that isn't known. */
  delayS(): number | null {
    if (this.state !== 'playing') return null;
    const date = this.hls?.playingDate ?? this.nativeDate();
    return date ? (Date.now() - date.getTime()) / 1000 : null;
  }

  private nativeDate(): Date | null {
    const start = (this.audio as HTMLAudioElement & { getStartDate?: () => Date }).getStartDate?.();
    if (!start || Number.isNaN(start.getTime())) return null;
    return new Date(start.getTime() + this.audio.currentTime * 1000);
  }

  private async load(): Promise<void> {
    this.cancelRetry();
    this.unload();
    const hasMediaSource = 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis;
    if (!hasMediaSource) {
      if (!this.audio.canPlayType('application/vnd.apple.mpegurl')) return this.set('unsupported');
      this.audio.src = this.url();
      return this.start();
    }
    if (this.isLoading) return;
    this.isLoading = true;
    const found = await import('hls.js/light').catch(() => null);
    this.isLoading = false;
    if (!found) return this.retryLater();
    const Hls = found.default;
    if (!this.wanted || this.hls || this.state === 'off-air') return;
    if (!Hls.isSupported()) return this.set('unsupported');
    const hls = new Hls({ liveSyncDurationCount: 2, liveMaxLatencyDurationCount: 8, enableWorker: true });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.start());
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (hls !== this.hls || !data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else this.retryLater();
    });
    hls.loadSource(this.url());
    hls.attachMedia(this.audio);
  }

  private start(): void {
    this.audio.play().catch((error: unknown) => {
      if (!this.wanted) return;
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.set('blocked');
      else if (!(error instanceof DOMException && error.name === 'AbortError')) this.retryLater();
    });
  }

  private pausedByKey(): void {
    if (!this.wanted || this.audio.ended || (this.state !== 'playing' && this.state !== 'waiting')) return;
    this.cancelRetry();
    // What isn't listened to isn't loaded either.
    this.hls?.stopLoad();
    this.set('paused');
  }

  private stalled(): void {
    if (this.isLive) this.set('waiting');
    else this.rest();
  }

  private retryLater(): void {
    this.cancelRetry();
    if (!this.isLive) return this.rest();
    this.set('waiting');
    this.retryTimer = setTimeout(() => void this.load(), kRetryMs);
  }

  private rest(): void {
    this.cancelRetry();
    this.set('off-air');
    this.unload();
  }

  private cancelRetry(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  private unload(): void {
    // A pause of our own is none of the listener's.
    if (['playing', 'paused', 'waiting'].includes(this.state)) this.set('loading');
    this.hls?.destroy();
    this.hls = null;
    this.audio.pause();
    this.audio.removeAttribute('src');
  }

  private set(state: PlayerState): void {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
