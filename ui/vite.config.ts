import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockServer } from './dev/mockServer.ts';
import { servedFiles } from './dev/servedFiles.ts';

// `npm run dev` talks to a server on this machine; with MOCK=1 a made-up show is served instead.
const kServer = process.env.SHELCASTER_URL ?? 'http://127.0.0.1:8080';
const kApiPaths = ['/shows', '/sessions', '/tracks', '/tracklists', '/whip', '/whep', '/live', '/healthz'];

export default defineConfig(({ command }) => ({
  plugins: [react(), servedFiles(), ...(command === 'serve' && process.env.MOCK ? [mockServer()] : [])],
  build: {
    // Phones of 2021 join and listen; `lib` in tsconfig.json keeps newer library calls out.
    target: ['safari15', 'chrome90', 'firefox91'],
    cssTarget: ['safari15', 'chrome90', 'firefox91'],
    // Every file by an address of its own, so that the server's content security policy needs no data: sources.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: process.env.MOCK
    ? {}
    : { proxy: Object.fromEntries(kApiPaths.map((path) => [path, { target: kServer, ws: true }])) },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
}));
