import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const kFeatures = new URL('..', import.meta.url);

/** The class that each panel of the studio is placed by. */
function panels(): string[] {
  return readdirSync(kFeatures, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tsx'))
    .flatMap((name) => [...readFileSync(new URL(name, kFeatures), 'utf8').matchAll(/<Panel\b[^]*?>\n/g)])
    .map(([tag]) => /className="(panel-\w+)"/.exec(tag)?.[1] ?? `without a class: ${tag}`);
}

test('on a phone every panel has its place, so that none comes before what a host needs first', () => {
  const css = readFileSync(new URL('studio.css', import.meta.url), 'utf8');
  const phone = /@media \(width < 900px\) \{([^]*?)\n\}/.exec(css)?.[1] ?? '';
  expect(panels().length).toBeGreaterThan(8);
  for (const panel of panels()) expect(phone).toContain(`.${panel}`);
});
