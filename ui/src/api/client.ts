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

/** RFC 9457 problem document → one sentence. */
export function problemText(status: number, body: unknown): string {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem;
  const first = problem.errors?.[0];
  if (first?.detail) return first.pointer ? `${first.pointer}: ${first.detail}` : first.detail;
  return problem.detail ?? problem.title ?? `The server answered ${status}.`;
}

export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return new ApiError(response.status, problemText(response.status, body));
}

export interface Api {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  upload<T>(path: string, file: Blob, onProgress: (fraction: number) => void): Promise<T>;
}

const kNobodyAnswered = 'The server can’t be reached. Check your connection.';

export function makeApi(token: string | null): Api {
  const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: {
          Accept: 'application/json',
          ...authorization,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        cache: 'no-store',
      });
    } catch {
      throw new ApiError(0, kNobodyAnswered);
    }
    if (!response.ok) throw await errorOf(response);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  return {
    get: (path) => call('GET', path),
    send: (method, path, body) => call(method, path, body),
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
