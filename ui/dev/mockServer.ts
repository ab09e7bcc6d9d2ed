import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { WebSocketServer } from 'ws';
import { MockShow } from './mockShow.ts';

/**
 * A made-up show for working on the pages without the C++ server: `npm run mock`. It keeps everything in memory,
 * takes any token and has no sound: POST /whip is refused, meters move by chance.
 */
export function mockServer(): Plugin {
  const mock = new MockShow();
  return {
    name: 'shelcaster-mock',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!isApi(request)) return next();
        void answer(mock, request, response);
      });
      const sockets = new WebSocketServer({ noServer: true });
      server.httpServer?.on('upgrade', (request, socket, head) => {
        if (!/^\/shows\/[^/]+\/events/.test(request.url ?? '')) return;
        sockets.handleUpgrade(request, socket, head, (client) => {
          const unsubscribe = mock.subscribe((frame) => client.send(JSON.stringify(frame)));
          client.on('close', unsubscribe);
        });
      });
      const timer = setInterval(() => mock.tick(), 66);
      server.httpServer?.on('close', () => clearInterval(timer));
    },
  };
}

function isApi(request: IncomingMessage): boolean {
  const path = (request.url ?? '').split('?')[0] ?? '';
  return /^\/(shows|tracks|whip|live)(\/|$)/.test(path);
}

async function answer(mock: MockShow, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://mock');
  const isJson = request.headers['content-type']?.includes('json') ?? false;
  const body = isJson
    ? (JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>)
    : {};
  const { status, json } = mock.handle(
    request.method ?? 'GET',
    url,
    body,
    request.headers.host ?? 'localhost',
  );
  response.statusCode = status;
  response.setHeader('Content-Type', status < 400 ? 'application/json' : 'application/problem+json');
  response.end(json === undefined ? '' : JSON.stringify(json));
}
