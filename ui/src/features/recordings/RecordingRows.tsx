import type { Recording } from '../../api/types';
import { Button } from '../../ui/Button';
import { fileName, formatBytes, recordingFacts, recordingTitle } from './recordingText';
import './recordings.css';

interface Props {
  recordings: Recording[];
  /** Which one goes first when there are too many. */
  nextToGo: string | null;
  onDelete: (recording: Recording) => void;
}

/** The newest first, each with its files as links: a browser downloads gigabytes by itself. */
export function RecordingRows({ recordings, nextToGo, onDelete }: Props) {
  return (
    <ul className="recordings" data-testid="recordings">
      {recordings.map((recording) => (
        <li key={recording.id}>
          <div className="recording-words">
            <strong>{recordingTitle(recording)}</strong>
            <span className="soft">{recordingFacts(recording, nextToGo)}</span>
            <span className="recording-files">
              {recording.files.map((file) => (
                <a key={file.name} href={file.url} download>
                  {fileName(file.format)} <span className="soft">{formatBytes(file.bytes)}</span>
                </a>
              ))}
            </span>
          </div>
          <Button
            look="danger"
            aria-label={`Delete the recording of ${recordingTitle(recording)}`}
            disabled={recording.isOpen}
            onClick={() => onDelete(recording)}
          >
            Delete
          </Button>
        </li>
      ))}
    </ul>
  );
}
