// Who gives way to whom on a test machine of few cores. In a real show every person has a machine of
// their own: a page that is loaded anew takes no time from the microphones of the others.
import { writeFile } from 'node:fs/promises';
import os from 'node:os';

import { family, numbers } from './family.mjs';

/**
 * Sets the niceness of every thread of that family; one that may not be changed stays as it is. Where
 * the kernel groups processes by session, a thread's niceness counts in its group alone, and the
 * group's counts beside the others.
 */
export async function setNiceness(text, nice) {
  for (const pid of await family(text)) {
    await writeFile(`/proc/${pid}/autogroup`, `${nice}`).catch(() => {});
    for (const thread of await numbers(`/proc/${pid}/task`)) {
      try {
        os.setPriority(thread, nice);
      } catch (error) {
        if (!['ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? error.info?.code)) throw error;
      }
    }
  }
}
