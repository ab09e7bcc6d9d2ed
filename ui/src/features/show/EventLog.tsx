import { useState } from 'react';
import type { ShowEvent } from '../../api/types';
import { formatClock } from '../../format/time';
import { useShow } from '../../live/useShow';
import { Panel } from '../../ui/Panel';
import { condensed, noteTitles, sentenceOf } from './sentence';

const kShown = 60;

export function EventLog() {
  const events = useShow((state) => state.events);
  const people = useShow((state) => state.participants);
  const queue = useShow((state) => state.queue);
  const [titles] = useState(() => new Map<string, string>());
  noteTitles(titles, queue, events);
  const newestFirst = condensed(events).slice(-kShown).reverse();
  return (
    <Panel title="What happened" className="panel-log">
      {newestFirst.length === 0 ? (
        <p className="empty">Nothing yet.</p>
      ) : (
        <ol className="event-log" tabIndex={0} aria-label="Events, newest first">
          {newestFirst.map((event: ShowEvent) => (
            <li key={event.number}>
              <time dateTime={new Date(event.at).toISOString()}>{formatClock(event.at)}</time>
              <span>{sentenceOf(event, people, titles)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
