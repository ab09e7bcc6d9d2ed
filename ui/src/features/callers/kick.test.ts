import { expect, test } from 'vitest';
import type { ShowEvent } from '../../api/types';
import { kick } from './commands';
import { lastChangeOfLinks } from './Invite';

type Feed = Parameters<typeof kick>[0];

const kAda = { participantId: 'part-ada', username: 'Ada' };

async function removed(ban: boolean, banned: boolean) {
  const sent: unknown[] = [];
  const send = async (...request: unknown[]) => {
    sent.push(request);
    return { success: true, banned };
  };
  const feed = { showId: 'show-1', api: { send }, refresh: () => undefined } as unknown as Feed;
  return { told: await kick(feed, kAda, ban), sent };
}

test('removing somebody says when there was no address to keep out, and else nothing', async () => {
  const path = '/shows/show-1/participants/part-ada/kick';
  expect(await removed(false, false)).toEqual({ told: null, sent: [['POST', path, undefined]] });
  expect(await removed(true, true)).toEqual({ told: null, sent: [['POST', path, { ban: true }]] });
  expect((await removed(true, false)).told).toMatch(/^Ada is removed\. No address .*still works/);
});

test('the links are read again when somebody is removed, the link is opened again or replaced', () => {
  const events = (...kinds: string[]) => ({
    events: kinds.map((kind, index) => ({ number: index + 1, kind, at: 0, actor: '' }) as ShowEvent),
  });
  expect(lastChangeOfLinks(events('queue_changed'))).toBe(0);
  for (const kind of ['participant_kicked', 'participant_banned', 'bans_lifted', 'links_rotated'])
    expect(lastChangeOfLinks(events('participant_kicked', kind, 'queue_changed'))).toBe(2);
});
