import { createHash } from 'node:crypto';
import { checksumOf, type Stored } from '../scraping/stored.js';

/** One checksum of everything that is stored, paths included. The owner's mark, which differs by its time, is left out. */
export async function digestOf(stored: Stored): Promise<string> {
  const paths = (await stored.paths()).filter((path) => !path.endsWith('/.telegate-source')).sort();
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path} ${await checksumOf(stored, path)}\n`);
  return hash.digest('hex');
}
