import type { AccessStore } from '../../access/store.js';
import type { AuditStore } from '../../audit/store.js';
import type { IntakeStore } from '../../intake/store.js';
import type { LoginStore } from '../../logins/store.js';
import type { RunStore } from '../../runs/store.js';
import type { SessionStore } from '../../sessions/store.js';
import type { SourceStore } from '../../sources/store.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { AccessRepository } from './access_repository.js';
import { AuditRepository } from './audit_repository.js';
import { LoginRepository } from './login_repository.js';
import { runRepository } from './run_repository.js';
import { SessionImportRepository } from './session_import_repository.js';
import { sessionRepository } from './session_repository.js';
import { SourceRepository } from './source_repository.js';

/** What is stored in the same way in both databases: everything but the leases. */
export interface Repositories {
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly logins: LoginStore;
  readonly runs: RunStore;
  readonly sources: SourceStore;
}

/** The repositories over one database. */
export function repositories(units: UnitOfWorkRunner): Repositories {
  return {
    intake: new SessionImportRepository(units),
    access: new AccessRepository(units),
    audit: new AuditRepository(units),
    sessions: sessionRepository(units),
    logins: new LoginRepository(units),
    runs: runRepository(units),
    sources: new SourceRepository(units),
  };
}
