import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';
import { docsPage } from './docsPage.ts';

const kCompressed = /\.(html|js|css|json|svg|txt|yaml|webmanifest)$/;
// Below it a compressed file saves no packet.
const kBytesMin = 1024;

/**
 * What the server hands out beside the bundle: the API's description and its page, and every text once more as
 * Brotli and gzip, so that nothing is compressed while a show runs.
 */
export function servedFiles(): Plugin {
  let folder = 'dist';
  return {
    name: 'shelcaster-served-files',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const description = await readFile(join(folder, '../../api/openapi.yaml'), 'utf8');
      await mkdir(join(folder, 'docs'), { recursive: true });
      await writeFile(join(folder, 'openapi.yaml'), description);
      await writeFile(join(folder, 'docs/index.html'), docsPage(description));
      await compressAll(folder);
    },
  };
}

async function compressAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && kCompressed.test(entry.name));
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path);
    if (bytes.length < kBytesMin) continue;
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params: quality }));
    await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
  }
}
