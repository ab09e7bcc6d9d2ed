import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Program, run } from './processes.mjs';
import { waitFor } from './wait.mjs';

test('a program is stopped with what it started', async () => {
  const program = new Program('/bin/sh', ['-c', 'setsid sleep 100 & sleep 100']);
  await waitFor('three processes', async () => (await program.pids()).length === 3);
  await program.stop();
  assert.deepEqual(await program.pids(), []);
  assert.equal(program.isRunning, false);
});

test('a program that ignores the request is killed', async () => {
  const program = new Program('/bin/sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"]);
  await waitFor('its word', () => program.output.includes('ready'));
  await program.stop({ seconds: 0.2 });
  assert.deepEqual(await program.pids(), []);
});

test('a program that wipes its environment is stopped all the same', async () => {
  const program = new Program('/usr/bin/env', ['-i', '/bin/sh', '-c', 'sleep 100 & sleep 100']);
  await waitFor('two sleepers', async () => (await program.pids()).length === 3);
  await program.stop();
  assert.deepEqual(await program.pids(), []);
});

test('what has neither environment nor session is known by the folder that it is called with', async () => {
  const folder = `/tmp/a-folder-of-${process.pid}`;
  const away = `setsid env -i sh -c "sleep 100; true" ${folder} & sleep 0.1`;
  const program = new Program('/bin/sh', ['-c', away], { folder });
  await program.ended;
  await waitFor('a shell and its sleeper', async () => (await program.pids()).length === 2);
  await program.stop();
  assert.deepEqual(await program.pids(), []);
});

test('a program that cannot be started says so', async () => {
  const program = new Program('/nonexistent/program', []);
  assert.equal(await program.ended, 'not started');
  assert.match(program.output, /ENOENT/);
  await program.stop();
});

test('output of a run comes back, and its failure is told', async () => {
  assert.equal((await run('cat', [], { input: 'abc' })).toString(), 'abc');
  await assert.rejects(run('/bin/sh', ['-c', 'echo why >&2; exit 3']), /3: why/);
});

test('waiting in vain tells what was seen', async () => {
  await assert.rejects(
    waitFor('rain', () => Promise.reject(new Error('sunshine')), { seconds: 0 }),
    /in vain for rain; saw last: sunshine/,
  );
});
