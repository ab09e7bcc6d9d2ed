import type {
  AudioRouting,
  Deck,
  OutputState,
  Participant,
  QueueItem,
  Show,
  ShowEvent,
  Track,
} from '../src/api/types';

interface Answer {
  status: number;
  json?: unknown;
}
type Json = Record<string, unknown>;

const kShowId = 'show-mock00000001';
const token = (sub: string, scope: string) =>
  `mock.${Buffer.from(JSON.stringify({ sub, scope, exp: 4e9 })).toString('base64url')}.mock`;

const ok = (json: unknown, status = 200): Answer => ({ status, json });
const problem = (status: number, title: string): Answer => ({
  status,
  json: { type: 'about:blank', title, status },
});

function person(n: number, username: string, more: Partial<Participant>): Participant {
  return {
    participantId: `part-mock0000000${n}`,
    username,
    role: 'CALLER',
    isOnAir: false,
    isPublishing: true,
    joinedAt: Date.now() - (9 - n) * 60_000,
    state: 'PUBLISHING',
    volume: 100,
    pan: 0,
    muted: false,
    kicked: false,
    selfMuted: false,
    isOwner: false,
    invitedByName: false,
    waiting: false,
    connection: 'connected',
    stats: {},
    ...more,
  };
}

const stats = (lossPercent: number, jitterMs: number, rttMs: number, driftPpm = -12) => ({
  lossPercent,
  concealedPercent: lossPercent / 2,
  jitterMs,
  rttMs,
  delayMs: 40 + jitterMs,
  driftPpm,
  returnLossPercent: 0,
});

const kNoTags = { artist: '', album: '', coverUrl: null };

export class MockShow {
  private show: Show = {
    showId: kShowId,
    title: 'Night Line with Ada',
    status: 'LIVE',
    stageArn: 'mock',
    channelArn: 'mock',
    hostUserId: 'part-mock00000001',
    compositionServiceTaskArn: null,
    compositionServiceStatus: 'RUNNING',
    tracklistId: null,
    createdAt: Date.now() - 86_400_000,
    updatedAt: Date.now(),
  };
  private liveSince = Date.now() - 1_275_000;
  private people: Participant[] = [
    person(1, 'Ada', { role: 'HOST', isOnAir: true, stats: stats(0, 4, 12) }),
    person(2, 'Bruno from Lisbon', { isOnAir: true, volume: 85, stats: stats(0.2, 9, 60, 180) }),
    person(3, 'Chiara', { stats: stats(3.1, 22, 110) }),
    person(4, 'Demetrios Papadopoulos-Alexandrakis', { muted: true, stats: stats(11, 60, 480) }),
    person(5, 'Eve', { isPublishing: false, connection: 'disconnected', state: 'DISCONNECTED' }),
    person(6, 'Prank caller', {
      state: 'DISCONNECTED',
      kicked: true,
      connection: 'disconnected',
      isPublishing: false,
      leftAt: Date.now(),
    }),
  ];
  private routing: AudioRouting = defaults();
  private tracks: Track[] = [
    track(1, 'Evening theme', 184_000),
    track(2, 'A rather long title of a track that will not fit into one line of the queue', 241_500),
    { ...track(3, 'Interlude in G', null), status: 'IMPORTING', progress: 0.42 },
    { ...track(4, 'broken.mp3', null), status: 'FAILED', error: 'No audio was found in this file.' },
    track(5, 'Closing song', 203_000),
  ];
  private queue: QueueItem[] = [0, 1, 4].map((index, n) => itemOf(this.tracks[index]!, n + 1));
  private deck: Deck = {
    state: 'PLAYING',
    itemId: this.queue[0]!.itemId,
    positionMs: 61_000,
    durationMs: 184_000,
    title: 'Evening theme',
    ...kNoTags,
  };
  private outputs: OutputState[] = [];
  private events: ShowEvent[] = [];
  private readonly sinks = new Set<(frame: unknown) => void>();
  private silenceUntil = 0;
  private ticks = 0;
  private nextId = 20;

  constructor() {
    this.log('show_live', {});
    this.log('participant_joined', { username: 'Bruno from Lisbon' });
    this.log('participant_on_air', { participantId: 'part-mock00000002', isOnAir: true });
    this.log('deck_changed', { state: 'PLAYING', title: 'Evening theme' });
  }

  subscribe(sink: (frame: unknown) => void): () => void {
    this.sinks.add(sink);
    sink({
      type: 'state',
      show: this.show,
      participants: this.people,
      routing: this.routing,
      deck: this.deck,
      queue: this.queue,
      outputs: this.outputs,
      composition: this.composition(),
      viewerCount: 128,
      liveSince: this.liveSince,
      eventNumber: this.events.length,
    });
    return () => this.sinks.delete(sink);
  }

  /** 15 times a second: made-up levels, a moving deck. */
  tick(): void {
    this.ticks += 1;
    if (this.ticks % 15 === 0)
      this.send({ type: 'status', composition: this.composition(), participantCount: 4, viewerCount: 128 });
    const wobble = (base: number, phase: number) =>
      base +
      5 * Math.sin(this.ticks / 7 + phase) +
      3 * Math.sin(this.ticks / 2.3 + phase * 3) -
      4 * Math.random();
    const sources = this.people
      .filter((p) => p.isPublishing && !p.muted)
      .map((p, n) => ({ id: p.participantId, peakDb: wobble(-16, n), rmsDb: wobble(-24, n), clip: false }));
    const playing = this.deck.state === 'PLAYING';
    if (playing) sources.push({ id: 'deck', peakDb: wobble(-14, 5), rmsDb: wobble(-22, 5), clip: false });
    if (playing && this.ticks % 15 === 0) {
      this.deck = { ...this.deck, positionMs: this.deck.positionMs + 1000 };
      this.send({ type: 'deck', ...this.deck });
    }
    if (this.show.status !== 'LIVE') return;
    this.send({
      type: 'levels',
      at: 0,
      master: {
        peakDb: wobble(-8, 2),
        rmsDb: wobble(-18, 2),
        clip: this.ticks % 200 === 0,
        momentaryLufs: wobble(-17, 1),
      },
      sources,
    });
  }

  handle(method: string, url: URL, body: Json, host: string): Answer {
    const parts = url.pathname.split('/').filter(Boolean);
    if (parts[0] === 'tracks') return this.handleTracks(method, parts[1], url, body);
    if (parts[0] === 'whip') return problem(409, 'The mock has no sound. Run the real server for that.');
    if (parts[0] === 'live') return problem(404, 'The mock has no stream.');
    if (parts.length === 1) {
      if (method === 'POST') this.show = { ...this.show, title: String(body.title) };
      return ok(method === 'POST' ? this.show : { shows: [this.show] });
    }
    if (parts[1] !== kShowId) return problem(404, 'No such show.');
    if (parts[3] && parts[2] === 'participants') return this.handlePerson(parts[3], parts[4], body);
    if (parts[2] === 'queue') return this.handleQueue(method, parts[3], body);
    if (parts[2] === 'events') return ok(this.eventPage(url.searchParams));
    return this.handleShow(method, parts.slice(2).join('/'), body, `http://${host}`);
  }

  private handleShow(method: string, rest: string, body: Json, base: string): Answer {
    switch (rest) {
      case '':
        if (method === 'PATCH') this.show = { ...this.show, ...body };
        return ok(this.show);
      case 'me':
        return ok({ show: this.show, participant: this.people[0] });
      case 'public':
        return ok({ showId: kShowId, title: this.show.title, status: this.show.status });
      case 'status':
        return ok({
          ...this.show,
          composition: this.composition(),
          deck: this.deck,
          viewerCount: 128,
          liveSince: this.liveSince,
        });
      case 'start':
      case 'stop':
        this.show = { ...this.show, status: rest === 'start' ? 'LIVE' : 'STOPPED' };
        this.liveSince = Date.now();
        this.log(rest === 'start' ? 'show_live' : 'show_stopped', {});
        return ok({ status: this.show.status });
      case 'participants':
        return ok(this.people);
      case 'audio-routing':
        if (method === 'PUT') this.routing = { ...this.routing, ...body };
        return ok(this.routing);
      case 'audio-routing/reset':
        return ok((this.routing = defaults()));
      case 'silence':
        this.silenceUntil = Number(body.seconds) > 0 ? Date.now() + Number(body.seconds) * 1000 : 0;
        this.log('silence_declared', { silenceUntil: this.silenceUntil || null });
        return ok({ silenceUntil: this.silenceUntil || null });
      case 'deck/commands': {
        const command = String(body.command);
        if (command === 'PLAY' && this.queue.length === 0 && this.deck.itemId === null) {
          this.log('deck_command', { id: body.id, command });
          this.log('deck_command_failed', { id: body.id, error: 'the queue is empty: add a track first' });
          return ok({ command, accepted: true });
        }
        if (command === 'SEEK') this.deck = { ...this.deck, positionMs: Number(body.positionMs) };
        if (command === 'SKIP' || body.itemId) {
          const at = this.queue.findIndex((item) => item.itemId === (body.itemId ?? this.deck.itemId));
          const item = this.queue[command === 'SKIP' ? at + 1 : at];
          this.deck = item
            ? {
                ...this.deck,
                itemId: item.itemId,
                title: item.title,
                durationMs: item.durationMs,
                positionMs: 0,
              }
            : { state: 'STOPPED', itemId: null, title: '', durationMs: null, positionMs: 0, ...kNoTags };
        }
        if (command === 'PLAY') this.deck = { ...this.deck, state: 'PLAYING' };
        if (command === 'PAUSE') this.deck = { ...this.deck, state: 'PAUSED' };
        if (command === 'STOP') this.deck = { ...this.deck, state: 'STOPPED', positionMs: 0 };
        this.send({ type: 'deck', ...this.deck });
        return ok({ command, accepted: true });
      }
      case 'links':
        return ok({
          studioUrl: `${base}/studio/${kShowId}#token=${token('part-mock00000001', 'host')}`,
          joinUrl: `${base}/join/${kShowId}#token=${token('', 'invitation')}`,
          listenUrl: `${base}/listen/${kShowId}`,
          hostToken: token('part-mock00000001', 'host'),
        });
      case 'join':
      case 'caller-tokens': {
        const made = person(7, String(body.username), {
          isPublishing: false,
          connection: 'disconnected',
          state: 'JOINING',
        });
        made.participantId = `part-mock000000${(this.nextId += 1)}`;
        this.people = [...this.people, made];
        this.log('participant_joined', { username: made.username });
        const given = token(made.participantId, 'caller');
        return ok(
          {
            participantId: made.participantId,
            token: given,
            joinUrl: `${base}/join/${kShowId}#token=${given}`,
          },
          201,
        );
      }
      case 'recordings':
        return ok({
          isEnabled: true,
          problem: null,
          keptDays: 30,
          recordings: [
            {
              id: 'rec-1',
              startedAt: this.liveSince,
              durationMs: Date.now() - this.liveSince,
              bytes: 5_000_000,
              isOpen: true,
              isContinuation: false,
              marks: 3,
              files: [{ name: 'programme.flac', format: 'flac', bytes: 5_000_000, url: '#' }],
            },
          ],
        });
      case 'outputs':
        return ok({ outputs: this.outputs });
      case 'outputs/rtmp':
        this.outputs =
          method === 'PUT'
            ? [
                {
                  id: 'rtmp',
                  url: String(body.url),
                  streamKeySet: Boolean(body.streamKey) || this.keepsKey(String(body.url)),
                  state: 'connecting',
                  detail: '',
                },
              ]
            : [];
        return ok({});
      default:
        return problem(404, 'Not in the mock.');
    }
  }

  private keepsKey(url: string): boolean {
    return this.outputs.some((output) => output.url === url && output.streamKeySet);
  }

  private handlePerson(id: string, verb: string | undefined, body: Json): Answer {
    const change: Partial<Participant> =
      verb === 'toggle-on-air'
        ? { isOnAir: Boolean(body.isOnAir) }
        : verb === 'kick'
          ? {
              state: 'DISCONNECTED',
              kicked: true,
              leftAt: Date.now(),
              connection: 'disconnected',
              isPublishing: false,
              isOnAir: false,
            }
          : body;
    this.people = this.people.map((p) => (p.participantId === id ? { ...p, ...change } : p));
    this.log(verb === 'kick' ? 'participant_kicked' : 'participant_updated', {
      participantId: id,
      ...change,
    });
    return ok(verb === 'toggle-on-air' ? { isOnAir: change.isOnAir } : { success: true });
  }

  private handleQueue(method: string, itemId: string | undefined, body: Json): Answer {
    if (method === 'POST') {
      const found = this.tracks.find((t) => t.trackId === body.trackId);
      if (!found) return problem(404, 'No such track.');
      this.queue = [...this.queue, itemOf(found, (this.nextId += 1))];
    } else if (method === 'PUT') {
      const ids = body.itemIds as string[];
      this.queue = ids.flatMap((id) => this.queue.filter((item) => item.itemId === id));
    } else if (method === 'DELETE') this.queue = this.queue.filter((item) => item.itemId !== itemId);
    if (method !== 'GET') this.log('queue_changed', {});
    return ok({ items: this.queue });
  }

  private eventPage(query: URLSearchParams) {
    const after = Number(query.get('after') ?? 0);
    const types = query.get('types')?.split(',');
    const events = this.events
      .filter(({ number, kind }) => number > after && (!types || types.includes(kind)))
      .slice(0, Number(query.get('limit') ?? 1000));
    const last = this.events.length;
    return { events, next: last, oldest: 1, last };
  }

  private handleTracks(method: string, id: string | undefined, url: URL, body: Json): Answer {
    if (method === 'POST') {
      const made = track((this.nextId += 1), url.searchParams.get('filename') ?? String(body.url), 120_000);
      this.tracks = [...this.tracks, made];
      return ok(made, 202);
    }
    if (method === 'DELETE') this.tracks = this.tracks.filter((t) => t.trackId !== id);
    return ok({ tracks: this.tracks });
  }

  private composition() {
    const running = this.show.status === 'LIVE';
    const since = Date.now() - 20_000;
    const alerts =
      this.silenceUntil > Date.now()
        ? []
        : [
            {
              kind: 'dead_air',
              detail: 'the programme has been silent; the standby music is playing',
              since,
            },
          ];
    return {
      status: running ? 'RUNNING' : 'STOPPED',
      lastHeartbeat: Date.now(),
      alerts,
      deadAir: { fallback: alerts.length > 0 ? 'bed' : null, silenceUntil: this.silenceUntil || null },
      metrics: { output: { ok: true, problems: [], decoded: null } },
    };
  }

  private log(kind: string, data: Json): void {
    const event = { number: this.events.length + 1, at: Date.now(), kind, actor: 'admin', data };
    this.events.push(event);
    this.send({ type: 'event', ...event });
  }

  private send(frame: unknown): void {
    for (const sink of this.sinks) sink(frame);
  }
}

function defaults(): AudioRouting {
  return {
    tracklistVolume: 30,
    hostVolume: 100,
    callersVolume: 80,
    masterVolume: 100,
    onAirCallerIds: [],
    updatedAt: Date.now(),
    compression: { enabled: true, threshold: -20, ratio: 4 },
    limiter: { enabled: true, ceiling: -1 },
  };
}

function track(n: number, title: string, durationMs: number | null): Track {
  return {
    trackId: `track-mock${n}`,
    title,
    status: 'READY',
    durationMs,
    loudnessLufs: -16,
    truePeakDb: -1,
    gainDb: 0,
    progress: 1,
    source: title,
    owner: 'station',
    createdAt: Date.now(),
    ...kNoTags,
  };
}

function itemOf(from: Track, n: number): QueueItem {
  return {
    itemId: `item-mock${n}`,
    trackId: from.trackId,
    title: from.title,
    durationMs: from.durationMs,
    status: from.status,
  };
}
