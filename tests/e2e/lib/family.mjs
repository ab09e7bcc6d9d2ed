// The processes of a browser, found by what stands in the command line of the first.
import { readdir, readFile } from 'node:fs/promises';

export const numbers = async (folder) =>
  (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);

/** The process whose command line has `text` in it, and all that descend from it. */
export async function family(text) {
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
