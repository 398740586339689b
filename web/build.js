import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const STAMP = join(HERE, '../dist/web/.built-from');

/** A hash of all that the console is built from. */
function inputs() {
  const hash = createHash('sha256');
  const own = readdirSync(HERE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  for (const file of [...own, join(HERE, '../package-lock.json')])
    hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

/** Builds the console into `dist/web`, unless what is there was built from the same files. */
async function main() {
  const wanted = inputs();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  const { build } = await import('vite');
  await build({ configFile: join(HERE, 'vite.config.ts'), logLevel: 'warn' });
  writeFileSync(STAMP, wanted);
}

await main();
