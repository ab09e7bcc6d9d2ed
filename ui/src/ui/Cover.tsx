import { useState } from 'react';
import { Icon } from './Icon';

/** A picture of a record, or a note where there is none; it takes the same room either way. */
export function Cover({ url, size }: { url: string | null | undefined; size: number }) {
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span className="cover" style={{ width: size, height: size }}>
      {url && url !== failed ? (
        <img src={url} width={size} height={size} alt="" onError={() => setFailed(url)} />
      ) : (
        <Icon name="note" size={size / 2} />
      )}
    </span>
  );
}
