import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { linksToKeep, NamedLinks } from './NamedLinks';

test('each link by name stays in sight, called as what stands above it, with a word that it is shown once', () => {
  const shown = renderToStaticMarkup(
    <NamedLinks
      links={[
        { participantId: 'part-b', name: 'Bob', url: 'https://x.example/join/s?token=b' },
        { participantId: 'part-a', name: 'Ada', url: 'https://x.example/join/s?token=a' },
      ]}
    />,
  );
  for (const name of ['Ada', 'Bob']) {
    expect(shown).toContain(`<span>Link for ${name} only</span>`);
    expect(shown).toContain(`aria-label="Link for ${name} only"`);
    expect(shown).toContain(`aria-label="Copy link for ${name} only"`);
    expect(shown).toContain(`token=${name.charAt(0).toLowerCase()}`);
  }
  expect(shown).toContain('can’t be shown again');
  expect(renderToStaticMarkup(<NamedLinks links={[]} />)).toBe('');
});

test('the link of somebody who was removed, or whose name was erased, leaves the panel and doesn’t come back', () => {
  const links = ['a', 'b', 'c'].map((id) => ({
    participantId: id,
    name: id,
    url: `https://x.example/${id}`,
  }));
  const row = (participantId: string, kicked = false, username = participantId) => ({
    participantId,
    kicked,
    username,
  });
  expect(linksToKeep(links, [row('a'), row('b')])).toBe(links);
  const kept = linksToKeep(links, [row('a', true), row('b', false, ''), row('c')]);
  expect(kept.map((link) => link.name)).toEqual(['c']);
  expect(linksToKeep(kept, [])).toBe(kept);
});
