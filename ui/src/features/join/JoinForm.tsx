import { browserStorage } from '../../auth/storage';
import { useEffect, useState } from 'react';
import { kPreviewId, type LevelBus } from '../../live/levels';
import { microphoneIsGranted } from '../../rtc/microphone';
import type { SeatAudio } from '../../rtc/useSeatAudio';
import { Button } from '../../ui/Button';
import { Message } from '../../ui/Messages';
import { Meter } from '../meters/Meter';
import { DevicePicker } from '../microphone/MicrophonePanel';

const kPreview = [kPreviewId] as const;
const kNameKey = 'shelcaster.name';

interface Props {
  audio: SeatAudio;
  bus: LevelBus;
  busy: boolean;
  knownName: string;
  onJoin: (name: string) => void;
}

export function JoinForm({ audio, bus, busy, knownName, onJoin }: Props) {
  const [name, setName] = useState(() => knownName || browserStorage.getItem(kNameKey) || '');
  const { isOpen } = audio;
  const { open, problem } = audio.microphone;
  // Where the browser wouldn't ask anyway, the level shows at once.
  useEffect(() => {
    if (!isOpen) void microphoneIsGranted().then((granted) => granted && open());
  }, [isOpen, open]);

  return (
    <form
      className="join-card"
      onSubmit={(event) => {
        event.preventDefault();
        browserStorage.setItem(kNameKey, name.trim());
        onJoin(name.trim());
      }}
    >
      <label className="field">
        <span>Your name</span>
        <input
          className="input"
          data-testid="join-name"
          autoComplete="name"
          maxLength={80}
          required
          placeholder="As the host should call you"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <div className="field">
        <span>Your microphone</span>
        <Meter bus={bus} sources={kPreview} label="Level of your microphone" testId="meter-preview" />
        <p className="soft">
          {isOpen ? 'Say something: the bar should move.' : 'Try it before you join; nobody hears you yet.'}
        </p>
        {isOpen ? (
          <DevicePicker microphone={audio.microphone} />
        ) : (
          <Button icon="mic" data-testid="mic-check" onClick={() => void open()}>
            Try your microphone
          </Button>
        )}
      </div>
      <Message text={problem} bad />
      <Button type="submit" look="primary" large data-testid="join-button" disabled={busy || !name.trim()}>
        {busy ? 'Joining…' : 'Join the show'}
      </Button>
      <p className="soft">
        Headphones sound best. Your browser asks for the microphone only, never the camera.
      </p>
    </form>
  );
}
