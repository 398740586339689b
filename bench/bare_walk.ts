import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The minimal check whether files changed: lists the directory and calls stat on each. Prints how long it took. */
const [directory = '.'] = process.argv.slice(2);
const started = performance.now();
let bytes = 0;
for (const name of readdirSync(directory)) bytes += statSync(join(directory, name)).size;
process.stdout.write(JSON.stringify({ ms: performance.now() - started, bytes }));
