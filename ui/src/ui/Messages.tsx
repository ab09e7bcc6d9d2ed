import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useState,
  type ComponentProps,
  type ReactNode,
} from 'react';
import { createPortal } from 'react-dom';
import { Icon } from './Icon';
import { Notice } from './Notice';
import './messages.css';

interface Area {
  strip: HTMLElement | null;
  setStrip: (strip: HTMLElement | null) => void;
}

const AreaContext = createContext<Area | null>(null);

/** Around a page whose messages stand in one strip with room of its own, so that none of them moves anything. */
export function MessageArea({ children }: { children: ReactNode }) {
  const [strip, setStrip] = useState<HTMLElement | null>(null);
  const area = useMemo(() => ({ strip, setStrip }), [strip]);
  return <AreaContext value={area}>{children}</AreaContext>;
}

/**
 * Where the messages stand. What doesn't fit is a press away; opening it covers the page but moves nothing. `grows`: on a
 * form, where nothing is live, it makes room for all of them instead.
 */
export function MessageStrip({ quiet, grows = false }: { quiet: string; grows?: boolean }) {
  const area = useContext(AreaContext);
  const strip = area?.strip ?? null;
  const { count, overflows } = useContents(strip);
  const [wantsAll, setWantsAll] = useState(false);
  const isOpen = wantsAll && count > 0;
  useEffect(() => {
    if (count === 0) setWantsAll(false);
  }, [count]);
  return (
    <div
      className={`messages ${grows ? 'grows' : ''}`}
      data-open={isOpen}
      data-testid="messages"
      data-count={count}
    >
      {count === 0 && <p className="messages-quiet">{quiet}</p>}
      <div className="messages-list" ref={area?.setStrip} />
      {!grows && (overflows || isOpen) && (
        <button
          type="button"
          className="button quiet messages-more"
          aria-expanded={isOpen}
          data-testid="messages-more"
          onClick={() => setWantsAll(!isOpen)}
        >
          {isOpen ? 'Less' : count > 1 ? `All ${count}` : 'More'}
          <Icon name={isOpen ? 'up' : 'down'} size={16} />
        </button>
      )}
    </div>
  );
}

let answersShown = 0;

/**
 * Puts its children into the page's strip. `first`: the answer to what a person has just done, which stands before all
 * others, the newest first: there may be room for one only.
 */
export function InStrip({ children, first = false }: { children: ReactNode; first?: boolean }) {
  const area = useContext(AreaContext);
  const [order] = useState(() => (first ? -(answersShown += 1) : 0));
  if (!area) return <>{children}</>;
  return (
    area.strip &&
    createPortal(
      <div className={`message ${first ? 'first' : ''}`} style={{ order }}>
        {children}
      </div>,
      area.strip,
    )
  );
}

/** A notice in the page's strip. */
export function Message(props: ComponentProps<typeof Notice>) {
  return (
    props.text && (
      <InStrip first={props.onDismiss !== undefined}>
        <Notice {...props} />
      </InStrip>
    )
  );
}

function useContents(strip: HTMLElement | null): { count: number; overflows: boolean } {
  const [contents, setContents] = useState({ count: 0, overflows: false });
  useEffect(() => {
    if (!strip) return;
    const look = () => {
      const count = strip.querySelectorAll('.notice').length;
      const overflows = count > 1 || strip.scrollHeight > strip.clientHeight + 1;
      setContents((known) =>
        known.count === count && known.overflows === overflows ? known : { count, overflows },
      );
    };
    const changes = new MutationObserver(look);
    changes.observe(strip, { childList: true, subtree: true, characterData: true });
    addEventListener('resize', look);
    look();
    return () => {
      changes.disconnect();
      removeEventListener('resize', look);
    };
  }, [strip]);
  return contents;
}
