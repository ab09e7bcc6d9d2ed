import { describe, expect, test } from 'vitest';
import { connectionStatus, type ConnectionFacts, type ConnectionStatus } from './connectionStatus';
import { kBackMs, StatusTeller } from './StatusTeller';

const kWell: ConnectionFacts = {
  isOnline: true,
  sound: 'connected',
  link: 'open',
  microphone: 'on',
  isOnAir: true,
  isLive: true,
  isDesk: false,
};
const status = (facts: Partial<ConnectionFacts>) => connectionStatus({ ...kWell, ...facts });
const sentence = (facts: Partial<ConnectionFacts>) => status(facts)?.sentence;

describe('the state of a connection', () => {
  test('is silent while all is well, or has ended for good', () => {
    expect(status({})).toBeNull();
    expect(status({ sound: 'idle', microphone: 'off' })).toBeNull();
    for (const link of ['expired', 'refused', 'gone'] as const) expect(status({ link })).toBeNull();
  });

  test('with the server away and media flowing says that the sound is still on air', () => {
    expect(sentence({ link: 'lost' })).toBe('The server is restarting – your sound is still on air.');
    expect(status({ link: 'connecting' })?.severity).toBe('warn');
    expect(sentence({ link: 'lost', isOnAir: false })).toMatch(/hear the show/);
    expect(sentence({ link: 'lost', isDesk: true })).toMatch(/still on air\. Buttons work again/);
  });

  test('without sound says that it comes back and that the show goes on', () => {
    expect(sentence({ sound: 'reconnecting' })).toBe(
      'Your connection was interrupted – reconnecting. The show goes on.',
    );
    expect(status({ sound: 'reconnecting', link: 'lost' })?.key).toBe('interrupted');
  });

  test('never claims that somebody is on air whose sound or microphone is gone', () => {
    for (const facts of [
      { sound: 'reconnecting', link: 'lost' },
      { microphone: 'taken', link: 'lost' },
    ] as Partial<ConnectionFacts>[])
      expect(sentence(facts)).not.toMatch(/on air/);
    expect(sentence({ microphone: 'taken' })).toMatch(/Listeners don’t hear you/);
    expect(sentence({ microphone: 'taken', isOnAir: false })).not.toMatch(/Listeners/);
  });

  test('without a network says so, but only where it matters', () => {
    expect(status({ isOnline: false })).toBeNull();
    expect(status({ isOnline: false, link: 'lost' })?.key).toBe('offline');
    expect(status({ isOnline: false, sound: 'reconnecting' })?.key).toBe('offline');
  });

  test('puts the microphone first, since only its owner can help it', () => {
    expect(status({ microphone: 'taken', sound: 'reconnecting' })?.key).toBe('microphone');
    expect(status({ microphone: 'unplugged' })?.sentence).toMatch(/unplugged/);
    expect(status({ microphone: 'taken', sound: 'idle' })).toBeNull();
  });

  test('promises no show that goes on where none is', () => {
    for (const facts of [
      { sound: 'idle', link: 'lost' },
      { sound: 'idle', link: 'lost', isDesk: true },
      { sound: 'idle', link: 'lost', isOnline: false },
    ] as Partial<ConnectionFacts>[])
      expect(sentence({ ...facts, isLive: false, isOnAir: false, microphone: 'off' })).not.toMatch(/goes on/);
    expect(sentence({ sound: 'idle', link: 'lost', isDesk: true, isLive: false })).toBe(
      'The server can’t be reached – trying again. Buttons work again in a moment.',
    );
  });

  test('of a desk without a seat is that of its buttons', () => {
    expect(sentence({ sound: 'idle', microphone: 'off', link: 'lost', isDesk: true })).toBe(
      'The server can’t be reached – trying again. The show goes on without this page. Buttons work again in a moment.',
    );
  });
});

describe('a person is told', () => {
  const away = status({ link: 'lost' }) as ConnectionStatus;
  const interrupted = status({ sound: 'reconnecting' }) as ConnectionStatus;

  test('nothing of a hiccup', () => {
    const teller = new StatusTeller();
    expect(teller.update(away, 0)).toEqual({ told: null, againInMs: 1500 });
    expect(teller.update(null, 1000)).toEqual({ told: null, againInMs: null });
    expect(teller.update(away, 2000)).toEqual({ told: null, againInMs: 1500 });
  });

  test('what lasts, and for a while that it is over', () => {
    const teller = new StatusTeller();
    teller.update(away, 0);
    expect(teller.update(away, 1500).told?.key).toBe('server-away');
    expect(teller.update(null, 3000)).toEqual({
      told: { key: 'back', severity: 'good', sentence: 'The server is back.' },
      againInMs: kBackMs,
    });
    expect(teller.update(null, 3000 + kBackMs)).toEqual({ told: null, againInMs: null });
  });

  test('at once when one trouble becomes another', () => {
    const teller = new StatusTeller();
    teller.update(away, 0);
    teller.update(away, 1500);
    expect(teller.update(interrupted, 1600).told?.key).toBe('interrupted');
    expect(teller.update(null, 1700).told?.sentence).toBe('You are back.');
  });

  test('that they are back even while the next hiccup begins', () => {
    const teller = new StatusTeller();
    teller.update(interrupted, 0);
    teller.update(interrupted, 500);
    teller.update(null, 600);
    expect(teller.update(interrupted, 700).told?.key).toBe('back');
    expect(teller.update(interrupted, 1200).told?.key).toBe('interrupted');
  });
});
