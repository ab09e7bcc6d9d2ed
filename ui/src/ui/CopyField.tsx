import { useRef, useState } from 'react';
import { Button } from './Button';

/** `label` is what the page shows above it. */
export function CopyField({ label, value, testId }: { label: string; value: string; testId?: string }) {
  const [copied, setCopied] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // Without a secure context there is no clipboard: leave the text selected for the person to copy.
      input.current?.select();
    }
  };
  return (
    <div className="copy-field">
      <input
        ref={input}
        className="input"
        readOnly
        aria-label={label}
        value={value}
        data-testid={testId}
        onFocus={(event) => event.target.select()}
      />
      <Button
        icon={copied ? 'check' : 'copy'}
        aria-label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`}
        onClick={() => void copy()}
      >
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}
