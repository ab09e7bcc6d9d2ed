// Who gives way to whom on a test machine of few cores. In a real show every person has a machine of
// their own: a page that is loaded anew takes no time from the microphones of the others.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';

const numbers = async (folder) =>
  (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);

/** The process whose command line has `text` in it, and all that descend from it. */
async function family(text) {
  const children = new Map();
  const found = [];
  for (const pid of await numbers('/proc')) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (command.includes(text)) found.push(pid);
  }
  for (let i = 0; i < found.length; i++) {
    for (const child of children.get(found[i]) ?? []) if (!found.includes(child)) found.push(child);
  }
  return found;
}

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
