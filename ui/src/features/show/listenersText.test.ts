import { expect, test } from 'vitest';
import { listenersText } from './listenersText';

test('listeners are counted while there is something to hear', () => {
  expect(listenersText('LIVE', 3)).toBe('3');
  expect(listenersText('LIVE', 0)).toBe('0');
  expect(listenersText('LIVE', null)).toBe('–');
  for (const status of ['CREATING', 'STARTING', 'STOPPED', 'ERROR', null] as const)
    expect(listenersText(status, 1)).toBe('–');
});
