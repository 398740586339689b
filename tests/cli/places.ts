import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropDatabase, makeDatabase } from '../storage/databases_postgres.js';
import { urlOf } from '../storage/server.js';

/** Where databases of one test are. */
export interface Places {
  readonly directory: string;
  /** The path of a file. */
  path(name: string): string;
  /** The URL of a new database of the server: empty, or with the schema in place. */
  server(migrated?: boolean): Promise<string>;
}

/** Runs the test with places for databases that are gone afterwards. */
export function withPlaces(test: (places: Places) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'command-'));
    const made: string[] = [];
    try {
      await test({
        directory,
        path: (name) => join(directory, name),
        async server(migrated = false) {
          const name = await makeDatabase(migrated);
          made.push(name);
          return urlOf(name);
        },
      });
    } finally {
      for (const name of made) await dropDatabase(name);
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

/** The name of the database of a URL. */
export function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}
