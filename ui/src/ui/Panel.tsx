import { useId, useRef, type ReactNode } from 'react';
import { useFocusHome } from './useFocusHome';

interface Props {
  title: string;
  count?: number;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, count, actions, className = '', children }: Props) {
  const id = useId();
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useFocusHome(section, heading);
  return (
    <section ref={section} className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title} {count !== undefined && <span className="count">{count}</span>}
        </h2>
        {actions}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}
