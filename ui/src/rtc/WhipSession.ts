import { problemText } from '../api/client';
import { Backoff } from '../live/backoff';
import { answerAfterRestart, restartFragment, withStereoOpus } from './sdp';

/** Why the server won't have us. Asking again would get the same answer, so none is retried. */
export type Refusal = 'kicked' | 'expired' | 'no-show' | 'rejected';

export type WhipState =
  | { kind: 'idle' }
  | { kind: 'connecting' }
  | { kind: 'connected' }
  | { kind: 'reconnecting' }
  /** The show isn't live; asked again until it is. */
  | { kind: 'waiting' }
  | { kind: 'refused'; reason: Refusal; detail: string };

export interface WhipOptions {
  /** `/whip/{showId}` */
  url: string;
  token: string;
  onState: (state: WhipState) => void;
  onReturn: (stream: MediaStream) => void;
  makePeer?: () => RTCPeerConnection;
  fetch?: typeof fetch;
  backoff?: Backoff;
}

// ICE says "disconnected" for hiccups of a few seconds that mostly heal by themselves.
const kDisconnectedGraceMs = 2500;
// The server sends a return without pause. When it was flowing and stops, the mixer or the network is gone: browsers
// themselves take 5 to 15 s to notice.
const kFlowPeriodMs = 1000;
const kFlowMissesMax = 3;
const kConnectTimeoutMs = 12_000;
const kRestartTimeoutMs = 6_000;

/**
 * A seat's sound, both ways, over one WHIP session (RFC 9725): one POST with a sendrecv offer, no trickle. It comes
 * back by itself: first by an ICE restart, then by a new POST, which takes the seat over, for as long as it is
 * wanted. `leave()` ends the session at the server; a refreshed or closed page doesn't call it, since the next
 * POST with the same token takes over.
 */
export class WhipSession {
  private peer: RTCPeerConnection | null = null;
  private sender: RTCRtpSender | null = null;
  private track: MediaStreamTrack | null = null;
  private location: string | null = null;
  private etag: string | null = null;
  private wanted = false;
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private flowTimer: ReturnType<typeof setInterval> | null = null;
  private readonly backoff: Backoff;
  private readonly fetch: typeof fetch;

  constructor(private readonly options: WhipOptions) {
    this.backoff = options.backoff ?? new Backoff();
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  async start(track: MediaStreamTrack): Promise<void> {
    this.track = track;
    this.wanted = true;
    this.backoff.reset();
    this.options.onState({ kind: 'connecting' });
    await this.connect();
  }

  /** Another microphone, without a new session. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    this.track = track;
    await this.sender?.replaceTrack(track);
  }

  /** The network is back, or the page woke up: try now instead of when the backoff says. */
  nudge(): void {
    if (!this.wanted || !this.timer || this.peer?.connectionState === 'connected') return;
    this.backoff.reset();
    this.later(0, () => void this.reconnect());
  }

  async leave(): Promise<void> {
    const location = this.location;
    this.abandon();
    this.options.onState({ kind: 'idle' });
    if (!location) return;
    try {
      await this.fetch(location, { method: 'DELETE', headers: this.authorization(), keepalive: true });
    } catch {
      // The server ends a session that has gone silent by itself.
    }
  }

  /** Drops the session here and says nothing to the server. */
  abandon(): void {
    this.wanted = false;
    this.generation += 1;
    this.cancelTimer();
    this.closePeer();
    this.location = null;
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    this.cancelTimer();
    this.closePeer();
    const peer = this.options.makePeer?.() ?? new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.peer = peer;
    const stream = new MediaStream();
    const transceiver = peer.addTransceiver(this.track ?? 'audio', { direction: 'sendrecv' });
    this.sender = transceiver.sender;
    peer.ontrack = (event) => {
      stream.addTrack(event.track);
      this.options.onReturn(stream);
    };
    peer.onconnectionstatechange = () => this.peerChanged(peer);
    try {
      const offer = await peer.createOffer();
      const sdp = withStereoOpus(offer.sdp ?? '');
      await peer.setLocalDescription({ type: 'offer', sdp });
      if (generation !== this.generation) return;
      const response = await this.fetch(this.options.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', ...this.authorization() },
        body: sdp,
      });
      if (generation !== this.generation) return;
      if (response.status !== 201) return await this.refused(response);
      this.location = new URL(
        response.headers.get('Location') ?? '',
        new URL(this.options.url, globalThis.location?.href ?? 'http://localhost'),
      ).href;
      this.etag = response.headers.get('ETag');
      const answer = await response.text();
      if (generation !== this.generation) return;
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      this.later(kConnectTimeoutMs, () => void this.reconnect());
    } catch {
      if (generation === this.generation) this.retry();
    }
  }

  private async refused(response: Response): Promise<void> {
    if (response.status === 409) {
      this.closePeer();
      this.options.onState({ kind: 'waiting' });
      this.later(this.backoff.nextMs(), () => void this.connect());
      return;
    }
    const body: unknown = await response.json().catch(() => null);
    const detail = problemText(response.status, body);
    const reason = refusalOf(response.status);
    if (!reason) return this.retry();
    this.abandon();
    this.options.onState({ kind: 'refused', reason, detail });
  }

  private peerChanged(peer: RTCPeerConnection): void {
    if (peer !== this.peer || !this.wanted) return;
    switch (peer.connectionState) {
      case 'connected':
        this.cancelTimer();
        this.backoff.reset();
        this.options.onState({ kind: 'connected' });
        this.watchFlow(peer);
        this.watchDtls(peer);
        break;
      case 'disconnected':
        this.options.onState({ kind: 'reconnecting' });
        this.later(kDisconnectedGraceMs, () => void this.restartIce(peer));
        break;
      case 'failed':
      case 'closed':
        this.options.onState({ kind: 'reconnecting' });
        this.later(this.backoff.nextMs(), () => void this.reconnect());
        break;
    }
  }

  /** A server that ends a session says so by DTLS; the connection's own state doesn't show it in every browser. */
  private watchDtls(peer: RTCPeerConnection): void {
    const transport = this.sender?.transport;
    if (!transport) return;
    transport.onstatechange = () => {
      if (peer !== this.peer || (transport.state !== 'closed' && transport.state !== 'failed')) return;
      this.options.onState({ kind: 'reconnecting' });
      this.later(this.backoff.nextMs(), () => void this.reconnect());
    };
  }

  private watchFlow(peer: RTCPeerConnection): void {
    this.stopFlowWatch();
    let last = 0;
    let flowing = false;
    let misses = 0;
    this.flowTimer = setInterval(() => {
      void packetsReceived(peer).then((count) => {
        if (peer !== this.peer || peer.connectionState !== 'connected') return;
        if (count > last) {
          flowing = true;
          misses = 0;
        } else if (flowing && (misses += 1) >= kFlowMissesMax) {
          flowing = false;
          this.options.onState({ kind: 'reconnecting' });
          void this.restartIce(peer);
        }
        last = count;
      });
    }, kFlowPeriodMs);
  }

  private stopFlowWatch(): void {
    if (this.flowTimer) clearInterval(this.flowTimer);
    this.flowTimer = null;
  }

  private async restartIce(peer: RTCPeerConnection): Promise<void> {
    const answer = peer.remoteDescription?.sdp;
    if (peer !== this.peer || !this.location || !answer) return this.retry();
    try {
      const offer = await peer.createOffer({ iceRestart: true });
      const sdp = withStereoOpus(offer.sdp ?? '');
      await peer.setLocalDescription({ type: 'offer', sdp });
      const response = await this.fetch(this.location, {
        method: 'PATCH',
        headers: {
          'Content-Type': 'application/trickle-ice-sdpfrag',
          'If-Match': this.etag ?? '*',
          ...this.authorization(),
        },
        body: restartFragment(sdp),
      });
      if (peer !== this.peer) return;
      if (response.status !== 200) return void this.reconnect();
      this.etag = response.headers.get('ETag') ?? this.etag;
      await peer.setRemoteDescription({
        type: 'answer',
        sdp: answerAfterRestart(answer, await response.text()),
      });
      this.later(kRestartTimeoutMs, () => void this.reconnect());
    } catch {
      if (peer === this.peer) this.retry();
    }
  }

  private async reconnect(): Promise<void> {
    if (!this.wanted) return;
    this.options.onState({ kind: 'reconnecting' });
    await this.connect();
  }

  private retry(): void {
    if (!this.wanted) return;
    this.options.onState({ kind: 'reconnecting' });
    this.later(this.backoff.nextMs(), () => void this.connect());
  }

  private later(ms: number, action: () => void): void {
    this.cancelTimer();
    this.timer = setTimeout(() => {
      this.timer = null;
      action();
    }, ms);
  }

  private cancelTimer(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private closePeer(): void {
    this.stopFlowWatch();
    const peer = this.peer;
    this.peer = null;
    this.sender = null;
    if (!peer) return;
    peer.ontrack = null;
    peer.onconnectionstatechange = null;
    peer.close();
  }

  private authorization(): Record<string, string> {
    return { Authorization: `Bearer ${this.options.token}` };
  }
}

async function packetsReceived(peer: RTCPeerConnection): Promise<number> {
  let count = 0;
  (await peer.getStats()).forEach((report: { type: string; packetsReceived?: number }) => {
    if (report.type === 'inbound-rtp') count += report.packetsReceived ?? 0;
  });
  return count;
}

export function refusalOf(status: number): Refusal | null {
  if (status === 401) return 'expired';
  if (status === 403 || status === 410) return 'kicked';
  if (status === 404) return 'no-show';
  // 400, 406, 415, 422: asking the same thing again would get the same answer.
  if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429) return 'rejected';
  return null;
}
