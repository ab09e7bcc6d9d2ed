import type { ReactNode } from 'react';
import { Shell } from './Icon';

export function MessagePage({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <main className="page-message">
      <div>
        <Shell size={56} />
      </div>
      <h1>{title}</h1>
      <p>{text}</p>
      {children && <div className="actions">{children}</div>}
    </main>
  );
}
