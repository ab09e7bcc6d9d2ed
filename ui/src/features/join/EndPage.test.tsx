import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { EndPage, type Ending } from './EndPage';

const page = (ending: Ending, mayStartAnew: boolean) =>
  renderToStaticMarkup(
    <EndPage
      ending={ending}
      show={null}
      mayStartAnew={mayStartAnew}
      onAgain={() => undefined}
      onAnew={() => undefined}
    />,
  );

test('whoever was removed can come back as somebody new by the link for any caller, and only by that', () => {
  expect(page('kicked', true)).toContain('Join as somebody new');
  expect(page('kicked', true)).not.toContain('rejoin-button');
  expect(page('kicked', false)).not.toContain('<button');
});

test('whoever left or joined elsewhere is offered their own seat, and no other', () => {
  for (const ending of ['left', 'elsewhere'] as const) {
    expect(page(ending, true)).toContain('rejoin-button');
    expect(page(ending, true)).not.toContain('somebody new');
  }
  for (const ending of ['expired', 'over'] as const) expect(page(ending, true)).not.toContain('<button');
});
