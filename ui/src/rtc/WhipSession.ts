import { Backoff } from '../live/backoff';
import { FlowWatch, packetsReceived } from './FlowWatch';
import { answerAfterRestart, restartFragment, withStereoOpus } from './sdp';
import { WhipRequests, type Refusal } from './whipRequests';

export type WhipState =
  | { kind: 'idle' }
  | { kind: 'connecting' }
  | { kind: 'connected' }
  | { kind: 'reconnecting' }
  /** The show isn't live; asked again until it is. */
  | { kind: 'waiting' }
  | { kind: 'refused'; reason: Refusal; detail: string };

/** `unknown`: nobody could say; asked again. */
export type MayReturn = 'yes' | 'no' | 'unknown';

export interface WhipOptions {
  /** `/whip/{showId}` */
  url: string;
  token: string;
  onState: (state: WhipState) => void;
  onReturn: (stream: MediaStream) => void;
  /**
   * Whether a call that nobody has just asked for may go on, judged anew before each of its offers. Without it, always.
   * It never throws.
   */
  mayReturn?: () => Promise<MayReturn>;
  makePeer?: () => RTCPeerConnection;
  fetch?: typeof fetch;
  backoff?: Backoff;
}

/** A peer connection and the server's name for it. */
interface Line {
  peer: RTCPeerConnection;
  sender: RTCRtpSender;
  flow: FlowWatch;
  /** Where the session can be restarted and ended; null when it can't any more. */
  url: string | null;
}

// ICE says "disconnected" for hiccups that mostly heal by themselves.
const kDisconnectedGraceMs = 1000;
const kElsewhere = 'You take part in another window or on another device. Join here to take it over.';
export const kOver =
  'The show was stopped while this page was away, so your microphone is off. Press “Join the show” to take part again.';
const kConnectMsMax = 10_000;
const kRestartMsMax = 5000;
// As long as an offer may take to be answered.
const kJudgeMsMax = 4000;

/**
 * A seat's sound, both ways, over one WHIP session (RFC 9725): one POST with a sendrecv offer, no trickle. It comes
 * back by itself for as long as it is wanted: first by an ICE restart of the same session, and by a new POST, which
 * takes the seat over, when the server says that the session is gone. Each way back names the session that it comes
 * from, so that the server can say that somebody else has the seat by now; then it is wanted no more. While the server doesn't answer, the line is
 * kept: media goes past the part of the server that speaks HTTP and may well flow without it.
 *
 * `leave()` ends the session at the server; a refreshed or closed page doesn't call it, since the next POST with the
 * same token takes over.
 */
export class WhipSession {
  private line: Line | null = null;
  /** Offered to the server, which hasn't answered yet. */
  private offered: Line | null = null;
  private track: MediaStreamTrack | null = null;
  /** The newest session that the server gave us, also when it is over. */
  private latest: string | null = null;
  private state: WhipState = { kind: 'idle' };
  /** Counts up with each step, so that the answer to an earlier one is known for late. */
  private step = 0;
  private isAsking = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** What `timer` waits to do, where a wake-up may do it at once. */
  private next: (() => void) | null = null;
  private readonly backoff: Backoff;
  private readonly requests: WhipRequests;

  constructor(private readonly options: WhipOptions) {
    this.backoff = options.backoff ?? new Backoff();
    this.requests = new WhipRequests(
      options.url,
      options.token,
      options.fetch ?? ((input, init) => fetch(input, init)),
    );
  }

  private get wanted(): boolean {
    return this.state.kind !== 'idle' && this.state.kind !== 'refused';
  }

  /** `isAsked`: the person has just pressed for it; else the first offer is judged as well. */
  async start(track: MediaStreamTrack, isAsked = true): Promise<void> {
    this.track = track;
    this.backoff.reset();
    this.tell({ kind: 'connecting' });
    await this.offer(isAsked);
  }

  /** Another microphone, without a new session and without a word to the server. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    this.track = track;
    const lines = [this.line, this.offered].filter((line) => line !== null);
    // A line that has just been closed takes none; the next one is made with it.
    await Promise.all(lines.map((line) => line.sender.replaceTrack(track).catch(() => undefined)));
  }

  /** A wake-up: try now instead of when the backoff says, and doubt a line that seems to be well. */
  nudge(): void {
    if (!this.wanted) return;
    const next = this.next;
    if (next) {
      this.backoff.reset();
      this.cancelTimer();
      next();
    } else if (!this.isAsking) this.line?.flow.probe();
  }

  async leave(): Promise<void> {
    const url = this.line?.url;
    this.abandon();
    if (url) await this.requests.end(url);
  }

  /** Drops the session here and says nothing to the server. */
  abandon(): void {
    this.drop();
    this.tell({ kind: 'idle' });
  }

  /** A new session. The line that there was is kept until the server has taken the new one. */
  private async offer(isAsked = false): Promise<void> {
    const step = this.begin();
    this.dropOffered();
    this.isAsking = true;
    if (!isAsked && this.options.mayReturn) {
      const may = await within(kJudgeMsMax, this.options.mayReturn());
      if (step !== this.step) return;
      if (may !== 'yes') {
        this.isAsking = false;
        if (may === 'no') return this.giveUp('over', kOver);
        if (this.state.kind !== 'waiting') this.tell({ kind: 'reconnecting' });
        return this.pause(0, () => void this.recover());
      }
    }
    const line = this.makeLine();
    this.offered = line;
    try {
      const sdp = withStereoOpus((await line.peer.createOffer()).sdp ?? '');
      await line.peer.setLocalDescription({ type: 'offer', sdp });
      const outcome = await this.requests.offer(sdp, this.latest);
      if (step !== this.step) return;
      this.isAsking = false;
      if (outcome.kind !== 'created') this.dropOffered();
      switch (outcome.kind) {
        case 'created':
          this.dropLine();
          this.line = line;
          this.offered = null;
          line.url = outcome.url;
          this.latest = outcome.url;
          if (this.state.kind === 'connected') this.tell({ kind: 'reconnecting' });
          await line.peer.setRemoteDescription({ type: 'answer', sdp: outcome.answer });
          if (step === this.step && line.peer.connectionState !== 'connected')
            this.later(kConnectMsMax, () => void this.offer());
          return;
        case 'waiting':
          this.tell({ kind: 'waiting' });
          return this.pause(outcome.afterMs, () => void this.offer());
        case 'away':
          if (this.state.kind !== 'waiting') this.tell({ kind: 'reconnecting' });
          return this.pause(outcome.afterMs, () => void this.recover());
        case 'refused':
          return this.giveUp(outcome.reason, outcome.reason === 'elsewhere' ? kElsewhere : outcome.detail);
      }
    } catch {
      if (step !== this.step) return;
      this.isAsking = false;
      this.pause(0, () => void this.offer());
    }
  }

  /** The same session by new ICE credentials (§4.3.3), which is what a device with a new address needs. */
  private async recover(): Promise<void> {
    const line = this.line;
    const answer = line?.peer.remoteDescription?.sdp;
    if (!line?.url || !answer) return this.offer();
    const step = this.begin();
    this.isAsking = true;
    try {
      // Taken as the local description only when the server has answered: until then the line may heal as it is.
      const sdp = withStereoOpus((await line.peer.createOffer({ iceRestart: true })).sdp ?? '');
      const outcome = await this.requests.restart(line.url, restartFragment(sdp));
      if (step !== this.step) return;
      this.isAsking = false;
      // Two pages of one person that both came back would fight for ever.
      if (outcome.kind === 'replaced') return this.giveUp('elsewhere', kElsewhere);
      if (outcome.kind === 'gone') return this.renew(line);
      if (outcome.kind === 'away') {
        if (this.state.kind === 'connected') return;
        return this.pause(outcome.afterMs, () => void this.recover());
      }
      await line.peer.setLocalDescription({ type: 'offer', sdp });
      await line.peer.setRemoteDescription({
        type: 'answer',
        sdp: answerAfterRestart(answer, outcome.fragment),
      });
      if (step === this.step && this.state.kind !== 'connected')
        this.later(kRestartMsMax, () => this.renew(line));
    } catch {
      if (step !== this.step) return;
      this.isAsking = false;
      this.renew(line);
    }
  }

  private renew(line: Line): void {
    line.url = null;
    void this.offer();
  }

  private makeLine(): Line {
    const peer = this.options.makePeer?.() ?? new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const stream = new MediaStream();
    const { sender } = peer.addTransceiver(this.track ?? 'audio', { direction: 'sendrecv' });
    const line: Line = {
      peer,
      sender,
      url: null,
      flow: new FlowWatch({
        packetsReceived: () => packetsReceived(peer),
        onStall: () => this.interrupted(line, 0),
        onFlow: () => this.healed(line),
      }),
    };
    peer.ontrack = (event) => {
      stream.addTrack(event.track);
      this.options.onReturn(stream);
    };
    peer.onconnectionstatechange = () => this.peerChanged(line);
    return line;
  }

  private peerChanged(line: Line): void {
    switch (line.peer.connectionState) {
      case 'connected':
        line.flow.start();
        this.watchDtls(line);
        return this.healed(line);
      case 'disconnected':
        return this.interrupted(line, kDisconnectedGraceMs);
      case 'failed':
        return this.interrupted(line, 0);
    }
  }

  private healed(line: Line): void {
    if (line !== this.line || !this.wanted) return;
    // What has been asked is answered and followed: the server may have changed the credentials already.
    if (!this.isAsking) this.cancelTimer();
    this.backoff.reset();
    this.tell({ kind: 'connected' });
  }

  private interrupted(line: Line, graceMs: number): void {
    if (line !== this.line || !this.wanted) return;
    this.tell({ kind: 'reconnecting' });
    // Asked already, or given up already: a session that is over is followed by a new one in its own time.
    if (this.isAsking || !line.url) return;
    if (graceMs === 0) void this.recover();
    else this.pauseFor(graceMs, () => void this.recover());
  }

  /** A server that ends a session says so by DTLS; the connection's own state doesn't show it in every browser. */
  private watchDtls(line: Line): void {
    const transport = line.sender.transport;
    if (!transport) return;
    transport.onstatechange = () => {
      if (line !== this.line || !this.wanted) return;
      if (transport.state !== 'closed' && transport.state !== 'failed') return;
      line.url = null;
      this.tell({ kind: 'reconnecting' });
      if (!this.isAsking) this.pause(0, () => void this.offer());
    };
  }

  private giveUp(reason: Refusal, detail: string): void {
    this.drop();
    this.tell({ kind: 'refused', reason, detail });
  }

  private tell(state: WhipState): void {
    if (state.kind === this.state.kind) return;
    this.state = state;
    this.options.onState(state);
  }

  /** Whatever was under way is late from now on. */
  private begin(): number {
    this.cancelTimer();
    this.isAsking = false;
    this.step += 1;
    return this.step;
  }

  /** Waits out somebody who is away. A wake-up ends it. */
  private pause(afterMs: number, action: () => void): void {
    this.pauseFor(Math.max(afterMs, this.backoff.nextMs()), action);
  }

  private pauseFor(ms: number, action: () => void): void {
    this.later(ms, action);
    this.next = action;
  }

  /** Gives media the time that it takes. A wake-up doesn't end it. */
  private later(ms: number, action: () => void): void {
    this.cancelTimer();
    this.timer = setTimeout(() => {
      this.cancelTimer();
      action();
    }, ms);
  }

  private cancelTimer(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.next = null;
  }

  private drop(): void {
    this.begin();
    this.dropOffered();
    this.dropLine();
  }

  private dropLine(): void {
    if (this.line) close(this.line);
    this.line = null;
  }

  private dropOffered(): void {
    if (this.offered) close(this.offered);
    this.offered = null;
  }
}

function close(line: Line): void {
  line.flow.stop();
  line.peer.ontrack = null;
  line.peer.onconnectionstatechange = null;
  line.peer.close();
}

/** `unknown` after this time: on a network that swallows packets, to ask again is faster than to wait. */
function within(ms: number, answer: Promise<MayReturn>): Promise<MayReturn> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('unknown'), ms);
    void answer.then((may) => {
      clearTimeout(timer);
      resolve(may);
    });
  });
}
