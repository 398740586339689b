import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Removes the output of deleted sources: Jest would still run their tests. */
const COMPILED = /\.js(\.map)?$/;

for (const folder of ['src', 'tests', 'sandbox', 'bench']) {
  for (const file of readdirSync(join('dist', folder), { recursive: true, encoding: 'utf8' })) {
    const isOrphan = COMPILED.test(file) && !existsSync(join(folder, file.replace(COMPILED, '.ts')));
    if (isOrphan) rmSync(join('dist', folder, file));
  }
}
