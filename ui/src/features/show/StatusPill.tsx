import type { ShowStatus } from '../../api/types';

const kLooks: Record<ShowStatus, { look: string; text: string }> = {
  CREATING: { look: '', text: 'Ready' },
  STARTING: { look: 'busy', text: 'Starting' },
  LIVE: { look: 'live', text: 'LIVE' },
  STOPPING: { look: 'busy', text: 'Stopping' },
  STOPPED: { look: '', text: 'Stopped' },
  ERROR: { look: 'bad', text: 'Error' },
};

export function StatusPill({ status }: { status: ShowStatus | null }) {
  const { look, text } = status ? kLooks[status] : { look: '', text: '…' };
  return (
    <span className={`pill ${look}`} role="status" data-testid="show-status" data-status={status ?? ''}>
      {text}
    </span>
  );
}
