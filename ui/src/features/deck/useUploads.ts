import { useCallback, useState } from 'react';
import { messageOf } from '../../api/client';
import { useFeed } from '../../live/useShow';

export interface Upload {
  key: number;
  name: string;
  fraction: number;
  error: string | null;
}

let nextKey = 0;

/** Files on their way to the library; those that failed stay until they are dismissed. */
export function useUploads(onDone: () => void) {
  const feed = useFeed();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const dismiss = useCallback(
    (key: number) => setUploads((list) => list.filter((upload) => upload.key !== key)),
    [],
  );
  const add = useCallback(
    (files: File[]) => {
      for (const file of files) {
        const key = (nextKey += 1);
        const change = (part: Partial<Upload>) =>
          setUploads((list) => list.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));
        setUploads((list) => [...list, { key, name: file.name, fraction: 0, error: null }]);
        feed.api
          .upload(`/tracks?filename=${encodeURIComponent(file.name)}`, file, (fraction) =>
            change({ fraction }),
          )
          .then(
            () => {
              dismiss(key);
              onDone();
            },
            (error: unknown) => change({ error: messageOf(error) }),
          );
      }
    },
    [feed, dismiss, onDone],
  );
  return { uploads, add, dismiss };
}
