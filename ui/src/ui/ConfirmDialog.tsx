import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './Button';

interface Props {
  title: string;
  text: string;
  confirm: string;
  onConfirm: () => void;
  onClose: () => void;
  /** A choice that goes with the answer. */
  children?: ReactNode;
}

/** A modal question before something that can't be taken back. Escape and the first button say no. */
export function ConfirmDialog({ title, text, confirm, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => open(dialog.current), []);
  return (
    <dialog ref={dialog} className="dialog" onClose={onClose} aria-label={title}>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="danger solid"
          data-testid="confirm"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {confirm}
        </Button>
      </footer>
    </dialog>
  );
}

function open(dialog: HTMLDialogElement | null): void {
  // Safari before 15.4 has no dialogs: it shows the question within the page.
  if (dialog && 'showModal' in dialog) dialog.showModal();
  else (dialog as HTMLElement | null)?.setAttribute('open', '');
}
