import { abortAfter } from './deadline';

/** A refusal by the server, in words that can be shown to a person. `status` 0 means that nobody answered. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

interface Problem {
  title?: string;
  detail?: string;
  errors?: { pointer?: string; detail?: string }[];
}

// For answers that aren't the server's own, such as a proxy's before it.
const kBusy = 'The server can’t do this right now. Try again in a moment.';
const kRefused = 'The server refused this.';

/** What people call the fields that a request of theirs is made of. */
const kFieldNames: Record<string, string> = {
  username: 'name',
  title: 'title',
  filename: 'file name',
  url: 'address',
  itemId: 'track',
  positionMs: 'position',
  streamKey: 'stream key',
  volume: 'volume',
  seconds: 'time',
};

/** A field's name by its JSON pointer (RFC 6901), if it has one that a person knows. */
function fieldSentence(pointer: string, detail: string): string {
  const name = kFieldNames[pointer.split('/').pop() ?? ''];
  const isPredicate = /^(must|is|leads|needs)\b/.test(detail);
  if (isPredicate) return `The ${name ?? 'value'} ${detail}`;
  return name ? `${capital(name)}: ${detail}` : detail;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** RFC 9457 problem document → one sentence. */
export function problemText(status: number, body: unknown): string {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem;
  const first = problem.errors?.[0];
  if (first?.detail) return first.pointer ? fieldSentence(first.pointer, first.detail) : first.detail;
  return problem.detail ?? problem.title ?? (status >= 500 ? kBusy : kRefused);
}

export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return new ApiError(response.status, problemText(response.status, body));
}

/** Where a Link header (RFC 8288), as the server writes it, says that a list goes on. */
export function nextPage(link: string | null): string | null {
  return /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1] ?? null;
}

/** A page of a list, and where the list goes on, if it does. */
export interface Page<T> {
  body: T;
  next: string | null;
}

export interface Api {
  get<T>(path: string): Promise<T>;
  page<T>(path: string): Promise<Page<T>>;
  /** What all pages of a list have under `name`. */
  list<T>(path: string, name: string): Promise<T[]>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  upload<T>(path: string, file: Blob, onProgress: (fraction: number) => void): Promise<T>;
}

export const kNobodyAnswered = 'The server can’t be reached. Check your connection.';
export const kNotDone = 'Not done: the server can’t be reached right now. Try again in a moment.';
export const kNotDoneOffline = 'Not done: this device is offline.';
export const kNotConfirmed =
  'The server didn’t answer, so this may not have happened. Look again when the connection is back.';

// A command of a live show is answered or given up within this time: one that comes true later is a surprise.
const kCommandMsMax = 5000;
const kRepeatAfterMs = 400;
const kReadMsMax = 10_000;

interface ApiOptions {
  /** Something else has told that the server is away: what fails then has surely not happened. */
  isAway?: () => boolean;
}

export function makeApi(token: string | null, { isAway = () => false }: ApiOptions = {}): Api {
  const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};

  async function answer(method: string, path: string, options: AskOptions): Promise<Response> {
    const response = await fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        ...authorization,
        ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(options.key === undefined ? {} : { 'Idempotency-Key': options.key }),
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
      cache: 'no-store',
      signal: abortAfter(options.msMax),
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  async function ask<T>(method: string, path: string, options: AskOptions): Promise<T> {
    const text = await (await answer(method, path, options)).text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async function reading<T>(doing: Promise<T>): Promise<T> {
    try {
      return await doing;
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0, kNobodyAnswered);
    }
  }

  async function page<T>(path: string): Promise<Page<T>> {
    const response = await answer('GET', path, { msMax: kReadMsMax });
    return { body: (await response.json()) as T, next: nextPage(response.headers.get('Link')) };
  }

  async function pages<T>(path: string, name: string): Promise<T[]> {
    const all: T[] = [];
    for (let at: string | null = path; at !== null;) {
      const { body, next }: Page<Record<string, T[]>> = await page(at);
      all.push(...body[name]!);
      at = next;
    }
    return all;
  }

  /**
   * One action of a person. A POST carries a key of its own, so that it may be repeated once when its connection
   * breaks, and still happens once. The other methods say what is wanted and may be overtaken by a newer wish:
   * they aren't repeated.
   */
  async function command<T>(method: string, path: string, body?: unknown): Promise<T> {
    const wasAway = isAway();
    // Offline alone says little: a server on the same machine needs no network.
    if (wasAway && globalThis.navigator?.onLine === false) throw new ApiError(0, kNotDoneOffline);
    const end = Date.now() + kCommandMsMax;
    const key = method === 'POST' ? randomKey() : undefined;
    const once = () => ask<T>(method, path, { body, key, msMax: Math.max(1, end - Date.now()) });
    try {
      return await once();
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (wasAway) throw new ApiError(0, kNotDone);
      if (key === undefined || Date.now() + kRepeatAfterMs >= end) throw new ApiError(0, kNotConfirmed);
    }
    await new Promise((resolve) => setTimeout(resolve, kRepeatAfterMs));
    try {
      return await once();
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0, kNotConfirmed);
    }
  }

  return {
    get: (path) => reading(ask('GET', path, { msMax: kReadMsMax })),
    page: (path) => reading(page(path)),
    list: (path, name) => reading(pages(path, name)),
    send: command,
    // XMLHttpRequest because fetch can't tell how much of a body has been sent.
    upload: <T>(path: string, file: Blob, onProgress: (fraction: number) => void) =>
      new Promise<T>((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('POST', path);
        if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
        request.setRequestHeader('Content-Type', 'application/octet-stream');
        request.responseType = 'json';
        request.upload.onprogress = (event) => {
          if (event.lengthComputable) onProgress(event.loaded / event.total);
        };
        request.onload = () => {
          if (request.status < 300) resolve(request.response as T);
          else reject(new ApiError(request.status, problemText(request.status, request.response)));
        };
        request.onerror = () => reject(new ApiError(0, kNobodyAnswered));
        request.send(file);
      }),
  };
}

interface AskOptions {
  body?: unknown;
  key?: string | undefined;
  msMax: number;
}

/** Not `crypto.randomUUID`, which pages without https don't have. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
