import type { Participant } from '../../api/types';
import { CopyField } from '../../ui/CopyField';

/** One person's own link. The server tells it once, when it is made. */
export interface NamedLink {
  participantId: string;
  name: string;
  url: string;
}

/**
 * Without those of people who were removed, whose links open nothing any more, and of those whose name was erased, which
 * the link holds too. The same list when nothing changes.
 */
export function linksToKeep(
  links: readonly NamedLink[],
  people: readonly Pick<Participant, 'participantId' | 'kicked' | 'username'>[],
): readonly NamedLink[] {
  const gone = new Set(
    people.filter((person) => person.kicked || !person.username).map((person) => person.participantId),
  );
  const kept = links.filter(({ participantId }) => !gone.has(participantId));
  return kept.length === links.length ? links : kept;
}

/** The links by name that were made in this page's life, the newest first. */
export function NamedLinks({ links }: { links: readonly NamedLink[] }) {
  if (links.length === 0) return null;
  return (
    <>
      {links.map(({ name, url }) => (
        <label className="field" key={url}>
          <span>Link for {name} only</span>
          <CopyField label={`Link for ${name} only`} value={url} testId="invite-named-link" />
        </label>
      ))}
      <p className="soft">
        Whoever opens a link by name is in at once, under that name. Copy it now: once this page is reloaded
        or closed, it can’t be shown again.
      </p>
    </>
  );
}
