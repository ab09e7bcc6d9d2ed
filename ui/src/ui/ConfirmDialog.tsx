import { useEffect, useRef } from 'react';
import { Button } from './Button';

interface Props {
  title: string;
  text: string;
  confirm: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** A modal question before something that can't be taken back. Escape and the first button say no. */
export function ConfirmDialog({ title, text, confirm, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" onClose={onClose} aria-label={title}>
      <h2>{title}</h2>
      <p>{text}</p>
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
