import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Backoff } from '../live/backoff';
import { constraintsFor, problemOf, wantsRaw } from './microphone';
import { answerAfterRestart, restartFragment, withStereoOpus } from './sdp';
import { WhipSession, type MayReturn, type WhipState } from './WhipSession';

const kOffer = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:secretsecretsecretsecret',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  '',
].join('\r\n');

describe('sdp', () => {
  test('asks for stereo and no DTX on the Opus line alone', () => {
    const sdp = withStereoOpus(kOffer);
    expect(sdp).toContain('a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;usedtx=0\r\n');
    expect(sdp).toContain('a=fmtp:63 111/111\r\n');
    expect(withStereoOpus(sdp)).toBe(sdp);
  });

  test('makes an fmtp line where there is none, and leaves an offer without Opus alone', () => {
    const bare = kOffer.replace('a=fmtp:111 minptime=10;useinbandfec=1\r\n', '');
    expect(withStereoOpus(bare)).toContain('a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1;usedtx=0\r\n');
    expect(withStereoOpus('v=0\r\n')).toBe('v=0\r\n');
  });

  test('an ICE restart goes as a fragment and comes back into the answer', () => {
    expect(restartFragment(kOffer)).toBe(
      'a=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecretsecret\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\n',
    );
    const answer =
      'v=0\r\na=ice-ufrag:old\r\na=ice-pwd:oldpwd\r\na=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\na=mid:0\r\n';
    const next = answerAfterRestart(
      answer,
      'a=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=candidate:2 1 udp 1 9.9.9.9 5 typ host\r\n',
    );
    expect(next).toBe(
      'v=0\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=candidate:2 1 udp 1 9.9.9.9 5 typ host\r\na=mid:0\r\n',
    );
    expect(() => answerAfterRestart(answer, '')).toThrow();
  });
});

class FakePeer {
  static made: FakePeer[] = [];
  connectionState = 'new';
  remoteDescription: { sdp: string } | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  closed = false;
  track: unknown = null;
  transport: { state: string; onstatechange: (() => void) | null } = { state: 'new', onstatechange: null };
  constructor() {
    FakePeer.made.push(this);
  }
  addTransceiver() {
    const replaceTrack = async (track: unknown) => void (this.track = track);
    return { sender: { replaceTrack, transport: this.transport } };
  }
  packets = 0;
  async getStats() {
    return new Map([['in', { type: 'inbound-rtp', packetsReceived: this.packets }]]);
  }
  async createOffer() {
    return { sdp: kOffer };
  }
  async setLocalDescription() {}
  async setRemoteDescription(description: { sdp: string }) {
    this.remoteDescription = description;
  }
  close() {
    this.closed = true;
  }
  endDtls() {
    this.transport.state = 'closed';
    this.transport.onstatechange?.();
  }
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe('whip session', () => {
  type Call = { url: string; init: RequestInit };
  let calls: Call[];
  let states: WhipState[];
  let answers: (() => Response)[];
  let session: WhipSession;
  const created = () =>
    new Response('v=0\r\na=ice-ufrag:s\r\na=ice-pwd:p\r\n', {
      status: 201,
      headers: { Location: '/whip/show-1/sess-1', ETag: '"e1"' },
    });
  const replaced = () =>
    new Response(JSON.stringify({ title: 'Gone', detail: 'elsewhere', reason: 'replaced' }), { status: 410 });
  const makeSession = (mayReturn?: () => Promise<MayReturn>) =>
    new WhipSession({
      ...(mayReturn && { mayReturn }),
      url: 'http://radio/whip/show-1',
      token: 'tok',
      onState: (next) => states.push(next),
      onReturn: () => undefined,
      makePeer: () => new FakePeer() as unknown as RTCPeerConnection,
      fetch: async (url, init) => {
        calls.push({ url: String(url), init: init ?? {} });
        return (answers.shift() ?? created)();
      },
      backoff: new Backoff({ random: () => 0 }),
    });
  const refusal =
    (status: number, more: object = {}) =>
    () =>
      new Response(JSON.stringify({ title: 'No', detail: 'because', ...more }), {
        status,
        headers: { 'Content-Type': 'application/problem+json' },
      });
  const restarted = () => new Response('a=ice-ufrag:n\r\na=ice-pwd:q\r\n', { status: 200 });
  const away = (): Response => {
    throw new TypeError('network');
  };
  const methods = () => calls.map((call) => call.init.method);
  const peer = () => FakePeer.made.at(-1)!;
  /** Media comes in for some seconds. */
  const flow = async (seconds: number) => {
    for (let half = 0; half < 2 * seconds; half += 1) {
      peer().packets += 25;
      await vi.advanceTimersByTimeAsync(500);
    }
  };
  const state = () => states.at(-1)!;
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('MediaStream', class {});
    FakePeer.made = [];
    calls = [];
    states = [];
    answers = [];
    session = makeSession();
  });
  afterEach(() => {
    session.abandon();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const connect = async () => {
    await session.start({} as MediaStreamTrack);
    peer().become('connected');
  };

  test('one POST of an offer in stereo connects it', async () => {
    await connect();
    expect(calls).toHaveLength(1);
    expect(calls[0]!.init.method).toBe('POST');
    expect(calls[0]!.init.headers).toMatchObject({
      'Content-Type': 'application/sdp',
      Authorization: 'Bearer tok',
    });
    expect(String(calls[0]!.init.body)).toContain('stereo=1');
    expect(state()).toEqual({ kind: 'connected' });
  });

  test('leaving deletes the session at its own address', async () => {
    await connect();
    await session.leave();
    expect(calls[1]).toMatchObject({ url: 'http://radio/whip/show-1/sess-1', init: { method: 'DELETE' } });
    expect(peer().closed).toBe(true);
    expect(state()).toEqual({ kind: 'idle' });
  });

  test('abandoning says nothing to the server: a refresh takes the seat over', async () => {
    await connect();
    session.abandon();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
  });

  test('a short loss is restarted by PATCH in the same session', async () => {
    await connect();
    answers.push(restarted);
    peer().become('disconnected');
    expect(state()).toEqual({ kind: 'reconnecting' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls[1]!.url).toBe('http://radio/whip/show-1/sess-1');
    expect(calls[1]!.init.method).toBe('PATCH');
    expect(calls[1]!.init.headers).toMatchObject({ 'If-Match': '*' });
    expect(peer().remoteDescription?.sdp).toContain('a=ice-ufrag:n');
    peer().become('connected');
    expect(FakePeer.made).toHaveLength(1);
    expect(state()).toEqual({ kind: 'connected' });
  });

  test('a hiccup that heals by itself asks the server nothing', async () => {
    await connect();
    peer().become('disconnected');
    peer().become('connected');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(1);
  });

  test.each([404, 412, 422])('a restart refused with %i is a new POST to the same seat', async (status) => {
    await connect();
    answers.push(refusal(status));
    peer().become('disconnected');
    await vi.advanceTimersByTimeAsync(1000);
    expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
    expect(calls[2]!.init.headers).toMatchObject({ Authorization: 'Bearer tok' });
    expect(FakePeer.made[0]!.closed).toBe(true);
    peer().become('connected');
    expect(state()).toEqual({ kind: 'connected' });
  });

  test('a failed connection is restarted at once', async () => {
    await connect();
    answers.push(restarted);
    peer().become('failed');
    await settle();
    expect(methods()).toEqual(['POST', 'PATCH']);
    expect(FakePeer.made).toHaveLength(1);
  });

  test('a restart that brings no media within seconds is a new POST', async () => {
    await connect();
    answers.push(restarted);
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(5000);
    expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
  });

  test('a line is kept while nobody answers, and goes on when its media does', async () => {
    await connect();
    await flow(2);
    answers = [away, refusal(503), away];
    await vi.advanceTimersByTimeAsync(3000);
    expect(state()).toEqual({ kind: 'reconnecting' });
    expect(peer().closed).toBe(false);
    await flow(2);
    expect(state()).toEqual({ kind: 'connected' });
    const asked = calls.length;
    await flow(5);
    expect(calls).toHaveLength(asked);
    expect(FakePeer.made).toHaveLength(1);
  });

  test('a server that comes back is found within its longest pause of two seconds', async () => {
    await connect();
    await flow(1);
    answers = Array.from({ length: 12 }, () => away);
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(15_000);
    answers = [refusal(404)];
    const before = calls.length;
    await vi.advanceTimersByTimeAsync(2000);
    expect(methods().slice(before)).toEqual(['PATCH', 'POST']);
  });

  test('a return that stops flowing is noticed within seconds', async () => {
    await connect();
    await flow(5);
    expect(calls).toHaveLength(1);
    answers.push(refusal(404));
    await vi.advanceTimersByTimeAsync(2600);
    expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
  });

  test('a restart whose media flows again is not followed by a new session', async () => {
    await connect();
    await flow(2);
    answers.push(restarted);
    await vi.advanceTimersByTimeAsync(2600);
    expect(state()).toEqual({ kind: 'reconnecting' });
    await flow(10);
    expect(state()).toEqual({ kind: 'connected' });
    expect(methods()).toEqual(['POST', 'PATCH']);
  });

  test('after a wake-up a dead line is noticed within a second, a living one is left alone', async () => {
    await connect();
    await flow(2);
    session.nudge();
    await flow(2);
    expect(calls).toHaveLength(1);
    answers.push(restarted);
    session.nudge();
    await vi.advanceTimersByTimeAsync(700);
    expect(methods()).toEqual(['POST', 'PATCH']);
  });

  test('a wake-up ends a pause, but not a handshake', async () => {
    answers = [away, away, away];
    await session.start({} as MediaStreamTrack);
    await vi.advanceTimersByTimeAsync(800);
    expect(calls).toHaveLength(3);
    session.nudge();
    await settle();
    expect(calls).toHaveLength(4);
    session.nudge();
    await settle();
    expect(calls).toHaveLength(4);
  });

  test('a session that the server has ended is a new one, unless the seat was taken over', async () => {
    await connect();
    peer().endDtls();
    await vi.advanceTimersByTimeAsync(250);
    expect(methods()).toEqual(['POST', 'POST']);
    expect(calls[1]?.url).toBe('http://radio/whip/show-1?replaces=sess-1');
    peer().become('connected');
    answers = [replaced];
    peer().endDtls();
    // Browsers follow with a state of their own.
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    session.nudge();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(methods()).toEqual(['POST', 'POST', 'POST']);
    expect(state()).toMatchObject({ kind: 'refused', reason: 'elsewhere' });
    expect(peer().closed).toBe(true);
  });

  test('a session that was replaced while nobody could say so is given up at the restart', async () => {
    await connect();
    answers = [replaced];
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    session.nudge();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(methods()).toEqual(['POST', 'PATCH']);
    expect(state()).toMatchObject({ kind: 'refused', reason: 'elsewhere' });
  });

  test('a session that is gone comes back by naming itself, and not when it was replaced meanwhile', async () => {
    await connect();
    answers = [refusal(404), away, replaced];
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(methods()).toEqual(['POST', 'PATCH', 'POST', 'POST']);
    expect(calls[3]?.url).toBe('http://radio/whip/show-1?replaces=sess-1');
    expect(state()).toMatchObject({ kind: 'refused', reason: 'elsewhere' });
  });

  test('who asks for the seat by themselves takes it, whoever has it', async () => {
    await connect();
    answers = [replaced];
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(1000);
    session = makeSession();
    await connect();
    expect(calls.at(-1)?.url).toBe('http://radio/whip/show-1');
  });

  test('a call that may not go on by itself is over without an offer, whichever way it comes back', async () => {
    const ways: (() => void)[] = [() => peer().become('failed'), () => peer().endDtls()];
    for (const lose of ways) {
      calls = [];
      session = makeSession(async () => 'no');
      await connect();
      answers = [refusal(404)];
      lose();
      await vi.advanceTimersByTimeAsync(60_000);
      session.nudge();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(methods().filter((method) => method === 'POST')).toHaveLength(1);
      expect(state()).toMatchObject({ kind: 'refused', reason: 'over' });
      expect(peer().closed).toBe(true);
    }
  });

  test('whether a call may go on is asked before each offer but the one that was pressed for', async () => {
    const asked: number[] = [];
    const verdicts: MayReturn[] = ['unknown', 'yes', 'yes'];
    session = makeSession(async () => {
      asked.push(methods().filter((method) => method === 'POST').length);
      return verdicts.shift() ?? 'no';
    });
    answers = [away];
    await session.start({} as MediaStreamTrack);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(3000);
    // Nobody could say; then once more, and the offer was made.
    expect(asked).toEqual([1, 1]);
    peer().become('connected');
    answers = [refusal(404)];
    peer().become('failed');
    await settle();
    expect(asked).toEqual([1, 1, 2]);
    peer().become('connected');
    expect(state()).toEqual({ kind: 'connected' });
  });

  test('a call that comes back by itself is judged before its first offer', async () => {
    session = makeSession(async () => 'no');
    await session.start({} as MediaStreamTrack, false);
    expect(calls).toEqual([]);
    expect(state()).toMatchObject({ kind: 'refused', reason: 'over' });
  });

  test('who can’t say in time whether a call may go on is asked again, and a late word counts for nothing', async () => {
    let say: (may: MayReturn) => void = () => undefined;
    let count = 0;
    session = makeSession(() => {
      count += 1;
      return new Promise((resolve) => (say = resolve));
    });
    void session.start({} as MediaStreamTrack, false);
    const late = say;
    await vi.advanceTimersByTimeAsync(5000);
    expect(count).toBe(2);
    late('yes');
    await settle();
    expect(calls).toEqual([]);
    await session.leave();
    say('yes');
    await settle();
    expect(calls).toEqual([]);
    expect(state()).toEqual({ kind: 'idle' });
  });

  test('another microphone is no new session and no renegotiation', async () => {
    await connect();
    await session.replaceTrack({ id: 'other' } as MediaStreamTrack);
    expect(peer().track).toEqual({ id: 'other' });
    expect(calls).toHaveLength(1);
  });

  test('a return that never flowed is no reason to reconnect', async () => {
    await connect();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(calls).toHaveLength(1);
  });

  test('a server that is away is asked again with growing pauses', async () => {
    answers.push(refusal(503), away);
    await session.start({} as MediaStreamTrack);
    await settle();
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toHaveLength(3);
    peer().become('connected');
    expect(state()).toEqual({ kind: 'connected' });
  });

  test('a show that is not live is waited for', async () => {
    answers.push(refusal(409, { allowed: ['LIVE'] }));
    await session.start({} as MediaStreamTrack);
    expect(state()).toEqual({ kind: 'waiting' });
    await vi.advanceTimersByTimeAsync(250);
    expect(calls).toHaveLength(2);
  });

  test.each([[{}], [{ allowed: [] }], [{ allowed: 'LIVE' }]])(
    'a 409 for another reason, such as a full show, is final and says why: %j',
    async (more) => {
      answers.push(refusal(409, more));
      await session.start({} as MediaStreamTrack);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(state()).toEqual({ kind: 'refused', reason: 'rejected', detail: 'because' });
      expect(calls).toHaveLength(1);
    },
  );

  test.each([
    [401, 'expired'],
    [403, 'kicked'],
    [404, 'no-show'],
    [422, 'rejected'],
  ])('a %i is final', async (status, reason) => {
    answers.push(refusal(status));
    await session.start({} as MediaStreamTrack);
    expect(state()).toEqual({ kind: 'refused', reason, detail: 'because' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
  });

  test('a connection that never comes up is tried again', async () => {
    await session.start({} as MediaStreamTrack);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(calls.length).toBeGreaterThan(1);
  });
});

describe('microphone', () => {
  test('processing is on by default and off for studio gear', () => {
    expect(constraintsFor(false, null)).toEqual({
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    });
    expect(constraintsFor(true, 'mic')).toMatchObject({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
      deviceId: { exact: 'mic' },
    });
    expect(wantsRaw('?token=x&raw=1')).toBe(true);
    expect(wantsRaw('?raw=0')).toBe(false);
  });

  test('errors of browsers become a cause', () => {
    expect(problemOf({ name: 'NotAllowedError' })).toBe('denied');
    expect(problemOf({ name: 'NotFoundError' })).toBe('none');
    expect(problemOf({ name: 'NotReadableError' })).toBe('busy');
    expect(problemOf(new Error('x'))).toBe('failed');
  });
});
