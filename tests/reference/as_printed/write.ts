import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../src/kernel/project.js';
import { compareAll, page } from './table.js';

/** Where the page is kept. */
await writeFile(join(PROJECT_ROOT, 'docs', 'references.md'), page(await compareAll()));
