import type Hls from 'hls.js';

export type PlayerState = 'idle' | 'loading' | 'playing' | 'waiting' | 'blocked' | 'unsupported';

const kRetryMs = 3000;

/**
 * Plays a live playlist for as long as it is wanted. hls.js (loaded when first needed) where the browser has
 * MediaSource, else the browser's own HLS (iPhones). Whatever fails is tried again: a listener never reloads.
 */
export class HlsPlayer {
  private hls: Hls | null = null;
  private wanted = false;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private state: PlayerState = 'idle';

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly url: string,
    private readonly onState: (state: PlayerState) => void,
  ) {
    audio.addEventListener('playing', () => this.wanted && this.set('playing'));
    audio.addEventListener('waiting', () => this.wanted && this.state === 'playing' && this.set('waiting'));
    audio.addEventListener('error', () => this.wanted && !this.hls && this.retryLater());
    audio.addEventListener('ended', () => this.wanted && this.retryLater());
  }

  play(): void {
    this.wanted = true;
    this.set('loading');
    void this.load();
  }

  stop(): void {
    this.wanted = false;
    this.cancelRetry();
    this.unload();
    this.set('idle');
  }

  nudge(): void {
    if (this.wanted && this.retryTimer) void this.load();
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
      this.audio.src = this.url;
      return this.start();
    }
    let Hls: typeof import('hls.js/light').default;
    try {
      ({ default: Hls } = await import('hls.js/light'));
    } catch {
      return this.retryLater();
    }
    if (!this.wanted || this.hls) return;
    if (!Hls.isSupported()) return this.set('unsupported');
    const hls = new Hls({ liveSyncDurationCount: 2, liveMaxLatencyDurationCount: 8, enableWorker: true });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.start());
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (hls !== this.hls || !data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else this.retryLater();
    });
    hls.loadSource(this.url);
    hls.attachMedia(this.audio);
  }

  private start(): void {
    this.audio.play().catch((error: unknown) => {
      if (!this.wanted) return;
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.set('blocked');
      else if (!(error instanceof DOMException && error.name === 'AbortError')) this.retryLater();
    });
  }

  private retryLater(): void {
    this.cancelRetry();
    this.set('waiting');
    this.retryTimer = setTimeout(() => void this.load(), kRetryMs);
  }

  private cancelRetry(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  private unload(): void {
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
