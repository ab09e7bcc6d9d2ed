import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isUnplugged, watchMicrophone, type MicrophoneLoss } from './microphoneWatch';

describe('an open microphone', () => {
  let track: EventTarget & { muted: boolean; readyState: string };
  let context: EventTarget & { state: string };
  let told: (MicrophoneLoss | null)[];
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    track = Object.assign(new EventTarget(), { muted: false, readyState: 'live' });
    context = Object.assign(new EventTarget(), { state: 'running' });
    told = [];
    stop = watchMicrophone(track as unknown as MediaStreamTrack, context, (loss) => told.push(loss));
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });
  const mute = (muted: boolean) => {
    track.muted = muted;
    track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
  };
  const become = (state: string) => {
    context.state = state;
    context.dispatchEvent(new Event('statechange'));
  };

  test('that ends is told at once', () => {
    track.readyState = 'ended';
    track.dispatchEvent(new Event('ended'));
    expect(told).toEqual(['ended']);
  });

  test('that is silent for a moment is no loss', () => {
    mute(true);
    vi.advanceTimersByTime(900);
    mute(false);
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([]);
  });

  test('that stays silent is lost, until it is back by itself', () => {
    mute(true);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['silenced']);
    mute(false);
    expect(told).toEqual(['silenced', null]);
  });

  test('is lost to a call that only interrupts the sound of the page', () => {
    become('interrupted');
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['silenced']);
    mute(true);
    become('running');
    expect(told).toEqual(['silenced']);
    mute(false);
    expect(told).toEqual(['silenced', null]);
  });

  test('that was silenced and then ended is over', () => {
    mute(true);
    vi.advanceTimersByTime(1000);
    track.readyState = 'ended';
    track.dispatchEvent(new Event('ended'));
    expect(told).toEqual(['silenced', 'ended']);
  });
});

test('a device is unplugged when it has left the list, also from behind the default one', () => {
  const usb = { deviceId: 'usb', groupId: 'g1', label: 'USB' };
  const inner = { deviceId: 'inner', groupId: 'g2', label: 'Inner' };
  expect(isUnplugged(usb, [usb, inner])).toBe(false);
  expect(isUnplugged(usb, [inner])).toBe(true);
  const viaDefault = { ...usb, deviceId: 'default' };
  expect(isUnplugged(viaDefault, [viaDefault, usb, inner])).toBe(false);
  expect(isUnplugged(viaDefault, [{ ...inner, deviceId: 'default' }, inner])).toBe(true);
  expect(isUnplugged({ ...usb, groupId: '' }, [usb])).toBe(false);
});
