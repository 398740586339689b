import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Vault } from '../../src/access/vault.js';
import { SessionFileUnreadable } from '../../src/intake/errors.js';
import type { Credentials } from '../../src/intake/formats/session_string.js';
import { Scanner, type ScannerOptions } from '../../src/intake/scanner.js';
import type { SyncService } from '../../src/intake/sync.js';
import { decryptCredentials, encryptCredentials } from '../../src/sessions/stored_credentials.js';
import { type Service, withService } from '../service/service.js';
import { samples } from './session_files.js';
import { ownSync } from './syncing.js';

const vault = new Vault([randomBytes(32)]);
const alpha = samples['alpha.session'] ?? '';
const pyrogram = samples['pyrogram_v3.session'] ?? '';

/** A scanner whose session files can be read only once: they vanish, or change, right after the inspection. */
class HastyScanner extends Scanner {
  override credentials(file: string | null): never {
    throw new SessionFileUnreadable(String(file), 'changed while it was read');
  }
}

/** A scanner whose session files are replaced by another session's right after the inspection. */
class OvertakenScanner extends Scanner {
  readonly #root: string;

  constructor(options: ScannerOptions) {
    super(options);
    this.#root = options.root;
  }

  override credentials(file: string | null, json: string | null): Promise<Credentials | null> {
    writeFileSync(join(this.#root, file ?? ''), pyrogram);
    return super.credentials(file, json);
  }
}

describe('a sync that stores sessions in the database', () => {
  function syncing(
    test: (sync: SyncService, service: Service, scanner: Scanner) => Promise<void>,
    MakeScanner = Scanner,
  ): () => Promise<void> {
    return withService(async (service) => {
      const scanner = new MakeScanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 1024 * 1024 });
      const encrypt = (credentials: Credentials) => encryptCredentials(credentials, vault);
      const { sync, close } = ownSync(service, { scanner, encrypt });
      try {
        await test(sync, service, scanner);
      } finally {
        await close();
      }
    });
  }

  it(
    'stores those that have an auth key, as in their files',
    syncing(async (sync, service, scanner) => {
      service.write('a.session', alpha);
      service.write('p.session', pyrogram);
      service.write('text.session', 'nothing that can be read');
      expect(await sync.sync()).toMatchObject({ added: 3, unsettled: [] });
      const { sessions } = service.container.database;
      const rows = await sessions.sessions({ skip: 0, limit: 9 });
      const kept = Object.fromEntries(
        await Promise.all(rows.map(async ({ id, name }) => [name, await sessions.credentials(id)])),
      );
      expect(await decryptCredentials(kept.a, vault)).toEqual(await scanner.credentials('a.session', null));
      expect(await decryptCredentials(kept.p, vault)).toEqual(await scanner.credentials('p.session', null));
      expect(kept.text).toBeNull();
    }),
  );

  it(
    'follows a file that now contains another session',
    syncing(async (sync, service, scanner) => {
      service.write('a.session', alpha);
      await sync.sync();
      service.write('a.session', pyrogram);
      expect(await sync.sync()).toMatchObject({ updated: 1 });
      const kept = await service.container.database.sessions.credentials(1);
      expect(await decryptCredentials(kept ?? '', vault)).toEqual(
        await scanner.credentials('a.session', null),
      );
    }),
  );

  it(
    'changes nothing in a dry run',
    syncing(async (sync, service) => {
      service.write('a.session', alpha);
      expect(await sync.sync({ dryRun: true })).toMatchObject({ added: 1 });
      expect(await service.container.database.intake.total()).toBe(0);
    }),
  );

  it(
    'postpones files that change between inspection and reading',
    syncing(async (sync, service) => {
      service.write('a.session', alpha);
      expect(await sync.sync()).toMatchObject({ added: 0, unsettled: ['a'] });
      expect(await service.container.database.intake.total()).toBe(0);
    }, HastyScanner),
  );

  it(
    'stores nothing of a file that contains another session by the time it is read',
    syncing(async (sync, service) => {
      service.write('a.session', alpha);
      expect(await sync.sync()).toMatchObject({ added: 0, unsettled: ['a'] });
      expect(await service.container.database.intake.total()).toBe(0);
    }, OvertakenScanner),
  );
});

describe('a sync with an unshared database', () => {
  it(
    'stores no session in it',
    withService(
      async (service) => {
        expect(await service.container.database.sessions.credentials(1)).toBeNull();
        expect(await service.container.database.intake.total()).toBe(1);
      },
      { files: { 'a.session': alpha }, database: 'sqlite' },
    ),
  );
});
