import type { Participant } from '../../api/types';
import type { ShowFeed } from '../../live/ShowFeed';

const pathOf = (feed: ShowFeed, participantId: string) =>
  `/shows/${encodeURIComponent(feed.showId)}/participants/${encodeURIComponent(participantId)}`;

/** Says what is wanted instead of "the other way", so that a repeated request changes nothing. */
export async function setOnAir(feed: ShowFeed, person: Participant, isOnAir: boolean): Promise<void> {
  const result = await feed.api.send<{ isOnAir: boolean }>(
    'POST',
    `${pathOf(feed, person.participantId)}/toggle-on-air`,
    {
      isOnAir,
    },
  );
  feed.mergePerson(person.participantId, { isOnAir: result.isOnAir });
}

export async function patchPerson(
  feed: ShowFeed,
  participantId: string,
  change: { volume?: number; muted?: boolean },
): Promise<void> {
  await feed.api.send('PATCH', pathOf(feed, participantId), change);
  feed.mergePerson(participantId, change);
}

export async function kick(feed: ShowFeed, participantId: string): Promise<void> {
  await feed.api.send('POST', `${pathOf(feed, participantId)}/kick`);
  feed.refresh(['participants']);
}
