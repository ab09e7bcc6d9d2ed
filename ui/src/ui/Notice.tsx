import type { ReactNode } from 'react';
import { IconButton } from './Button';

interface Props {
  text: string | null;
  bad?: boolean;
  good?: boolean;
  onDismiss?: () => void;
  children?: ReactNode;
}

/** Something that a person must know, announced to screen readers too. Nothing at all when there is no text. */
export function Notice({ text, bad = false, good = false, onDismiss, children }: Props) {
  if (!text) return null;
  return (
    <div className={`notice ${bad ? 'bad' : good ? 'good' : ''}`} role={bad ? 'alert' : 'status'}>
      <p>{text}</p>
      {children}
      {onDismiss && <IconButton look="quiet" icon="close" label="Dismiss" onClick={onDismiss} />}
    </div>
  );
}
