import { expect, test } from 'vitest';
import { plainReason, plainSentence } from './plainReason';

test('a reason neither counts down nor repeats itself', () => {
  expect(
    plainReason("the destination can't be used: it can't be reached: Connection refused; next try in 8 s"),
  ).toBe("the destination can't be reached: Connection refused");
  expect(plainReason('the key was refused')).toBe('the key was refused');
});

test('a sentence begins with a capital and ends once', () => {
  expect(plainSentence('the queue is empty: add a track first')).toBe(
    'The queue is empty: add a track first.',
  );
  expect(plainSentence('Is it over?')).toBe('Is it over?');
});
