import { expect, test } from 'vitest';
import { plainReason } from './plainReason';

test('a reason neither counts down nor repeats itself', () => {
  expect(
    plainReason("the destination can't be used: it can't be reached: Connection refused; next try in 8 s"),
  ).toBe("the destination can't be reached: Connection refused");
  expect(plainReason('the key was refused')).toBe('the key was refused');
});
