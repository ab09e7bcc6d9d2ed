import { expect, test } from 'vitest';
import type { ShowEvent } from '../../api/types';
import { deckCommand } from './commands';
import { standingRefusal } from './useDeckRefusal';

type Feed = Parameters<typeof deckCommand>[0];

/** The id that a command of this page has. */
async function idOfCommand(): Promise<string> {
  const ids: string[] = [];
  const send = async (_method: string, _path: string, body: { id: string }) => void ids.push(body.id);
  await deckCommand({ showId: 'show-1', api: { send } } as unknown as Feed, 'PLAY');
  return ids[0]!;
}

const log = (...events: [kind: string, id: string][]) =>
  events.map(([kind, id], at) => ({ number: at + 1, at, kind, actor: '', data: { id } }) as ShowEvent);

test('each command has an id of its own', async () => {
  expect(await idOfCommand()).not.toBe(await idOfCommand());
});

test('a command that the mixer refuses is told on the page that gave it, and on no other', async () => {
  const own = await idOfCommand();
  expect(standingRefusal(log(['deck_command', own]))).toBeNull();
  expect(standingRefusal(log(['deck_command', own], ['deck_command_failed', own]))?.number).toBe(2);
  expect(standingRefusal(log(['deck_command', 'x'], ['deck_command_failed', 'x']))).toBeNull();
});

test('a refusal stands until the deck, its queue or the show has changed, whatever else happens', async () => {
  const own = await idOfCommand();
  const refused: [string, string][] = [
    ['deck_command', own],
    ['deck_command_failed', own],
  ];
  expect(standingRefusal(log(...refused, ['participant_joined', '']))?.number).toBe(2);
  for (const kind of ['deck_command', 'deck_changed', 'queue_changed', 'show_stopped'])
    expect(standingRefusal(log(...refused, [kind, 'x']))).toBeNull();
});
