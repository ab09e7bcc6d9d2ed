import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { PanFader } from './PanFader';

interface InputProps {
  onChange: (event: { target: { value: string } }) => void;
  onDoubleClick: () => void;
  onKeyDown: (event: { key: string }) => void;
}

/** What a person's hands reach, without a page around it. */
function handled(value: number) {
  const sent: number[] = [];
  const seen: { input?: InputProps } = {};
  function Probe() {
    const parts = PanFader({
      label: 'Pan of Ada',
      value,
      onChange: (pan) => sent.push(pan),
    }) as ReactElement<{
      children: [ReactElement<InputProps>];
    }>;
    seen.input = parts.props.children[0].props;
    return parts;
  }
  renderToStaticMarkup(<Probe />);
  return { sent, input: seen.input! };
}

test('a pan is a slider with a name that says where somebody is heard', () => {
  const shown = (value: number) =>
    renderToStaticMarkup(<PanFader label="Pan of Ada" value={value} onChange={() => {}} />);
  expect(shown(0)).toContain('aria-label="Pan of Ada"');
  expect(shown(0)).toContain('aria-valuetext="centre"');
  expect(shown(-0.3)).toContain('aria-valuetext="30 % left"');
  expect(shown(-0.3)).toContain('value="-30"');
  expect(shown(1)).toContain('aria-valuetext="100 % right"');
});

test('a pan is sent as the server has it, and comes back to the middle by a double click or 0', () => {
  vi.useFakeTimers();
  const moved = handled(0);
  moved.input.onChange({ target: { value: '-50' } });
  expect(moved.sent).toEqual([-0.5]);
  const clicked = handled(-0.5);
  clicked.input.onDoubleClick();
  expect(clicked.sent).toEqual([0]);
  const typed = handled(0.5);
  typed.input.onKeyDown({ key: '5' });
  expect(typed.sent).toEqual([]);
  typed.input.onKeyDown({ key: '0' });
  expect(typed.sent).toEqual([0]);
  vi.useRealTimers();
});
