import { expect, test } from 'vitest';
import { describeLink } from './MicrophonePanel';

test('a microphone whose seat another device took says so', () => {
  const refused = (reason: 'elsewhere' | 'kicked' | 'rejected') =>
    describeLink({ kind: 'refused', reason, detail: '' }).text;
  expect(refused('elsewhere')).toBe('Joined elsewhere');
  expect(refused('kicked')).toBe('Removed');
  expect(refused('rejected')).toBe('Refused');
});
