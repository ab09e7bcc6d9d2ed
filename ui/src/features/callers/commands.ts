import type { Participant, SeatControls } from '../../api/types';
import type { ShowFeed } from '../../live/ShowFeed';

const pathOf = (feed: Pick<ShowFeed, 'showId'>, participantId: string) =>
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
  change: SeatControls,
): Promise<void> {
  await feed.api.send('PATCH', pathOf(feed, participantId), change);
  feed.mergePerson(participantId, change);
}

/**
 * Removes somebody. Returns what the person who asked has to be told, if anything: of who was invited by name and never
 * came no address is known that could be kept out.
 */
export async function kick(
  feed: Pick<ShowFeed, 'showId' | 'api' | 'refresh'>,
  { participantId, username }: Pick<Participant, 'participantId' | 'username'>,
  ban: boolean,
): Promise<string | null> {
  const path = `${pathOf(feed, participantId)}/kick`;
  const { banned } = await feed.api.send<{ banned: boolean }>('POST', path, ban ? { ban } : undefined);
  feed.refresh(['participants']);
  if (!ban || banned) return null;
  return `${username || 'This person'} is removed. No address of theirs is known, so none is kept out: the link for any caller still works for them.`;
}

/** Everywhere: the log knows people by their ids only. */
export async function eraseName(feed: ShowFeed, participantId: string): Promise<void> {
  await feed.api.send('DELETE', `${pathOf(feed, participantId)}/name`);
  feed.refresh(['participants']);
}
