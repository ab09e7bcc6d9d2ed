const kKeys = [
  ['Space', 'play or pause the deck'],
  ['N', 'next track'],
  ['1 – 9', 'caller on or off air'],
  ['M', 'mute your microphone'],
] as const;

interface Props {
  areOn: boolean;
  onSwitch: (areOn: boolean) => void;
}

export function ShortcutList({ areOn, onSwitch }: Props) {
  return (
    <div className="shortcuts">
      <label className="shortcut-switch">
        <input
          type="checkbox"
          data-testid="keys-on"
          checked={areOn}
          onChange={(event) => onSwitch(event.target.checked)}
        />
        Single keys do this:
      </label>
      <dl aria-label="Keyboard shortcuts" data-on={areOn}>
        {kKeys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
