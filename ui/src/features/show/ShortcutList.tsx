const kKeys = [
  ['Space', 'play or pause the deck'],
  ['N', 'next track'],
  ['1 – 9', 'caller on or off air'],
  ['M', 'mute your microphone'],
] as const;

export function ShortcutList() {
  return (
    <dl className="shortcuts" aria-label="Keyboard shortcuts">
      {kKeys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
