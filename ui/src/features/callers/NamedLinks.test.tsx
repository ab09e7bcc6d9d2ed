import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { NamedLinks } from './NamedLinks';

test('each link by name stays in sight, called as what stands above it, with a word that it is shown once', () => {
  const shown = renderToStaticMarkup(
    <NamedLinks
      links={[
        { name: 'Bob', url: 'https://x.example/join/s?token=b' },
        { name: 'Ada', url: 'https://x.example/join/s?token=a' },
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
