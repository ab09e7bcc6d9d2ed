import type { Health } from '../../format/network';
import './line-health.css';

interface Props {
  health: Health;
  name: string;
  testId: string;
  /** Of the element that the figures are shown in. */
  figuresId: string;
  expanded: boolean;
  onToggle: () => void;
}

/** How a person's sound arrives, in a word and its reason. Where there are figures, it opens them. */
export function LineHealth({ health, name, testId, figuresId, expanded, onToggle }: Props) {
  const reason = health.reasons[0];
  const words = (
    <>
      <span className="visually-hidden">{`Connection of ${name}: `}</span>
      <span className="line-word">{health.text}</span>
      {reason && <span className="line-reason">{reason}</span>}
    </>
  );
  if (health.figures.length === 0)
    return (
      <span className={`health ${health.tone}`} data-testid={testId}>
        {words}
      </span>
    );
  return (
    <button
      type="button"
      className={`health line-health ${health.tone}`}
      aria-expanded={expanded}
      aria-controls={figuresId}
      title={health.reasons.join(', ') || 'Show the numbers'}
      data-testid={testId}
      onClick={onToggle}
    >
      {words}
    </button>
  );
}

export function LineFigures({ health, id, testId }: { health: Health; id: string; testId: string }) {
  return (
    <div className="line-figures" id={id} data-testid={testId}>
      {health.reasons.length > 0 && <p className="soft">{health.reasons.join(', ')}</p>}
      <dl>
        {health.figures.map((figure) => (
          <div key={figure.name}>
            <dt>{figure.name}</dt>
            <dd>{figure.value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
