import type { AccessStore } from '../../access/store.js';
import type { AuditStore } from '../../audit/store.js';
import type { EgressStore } from '../../egress/store.js';
import type { IntakeStore } from '../../intake/store.js';
import type { LoginStore } from '../../logins/store.js';
import type { PeerStore } from '../../peers/store.js';
import type { MonitoringStore } from '../../pool/monitoring_store.js';
import type { PoolStore } from '../../pool/store.js';
import type { TagLimitStore } from '../../pool/tag_limits.js';
import type { PrefectStore } from '../../prefect/store.js';
import type { RunListStore } from '../../runs/list_store.js';
import type { RunStore } from '../../runs/store.js';
import type { HealthScoreStore } from '../../sessions/health_scores.js';
import type { SessionStore } from '../../sessions/store.js';
import type { SourceStore } from '../../sources/store.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { accessRepository } from './access_repository.js';
import { auditRepository } from './audit_repository.js';
import { egressRepository } from './egress_repository.js';
import { loginRepository } from './login_repository.js';
import { monitoringRepository } from './monitoring_repository.js';
import { peerRepository } from './peer_repository.js';
import { prefectRepository } from './prefect_repository.js';
import { runLists } from './run_lists.js';
import { runRepository } from './run_repository.js';
import { healthScoreRepository } from './session_days.js';
import { sessionImportRepository } from './session_import_repository.js';
import { sessionRepository } from './session_repository.js';
import { sourceRepository } from './source_repository.js';
import { tagLimitRepository } from './tag_limit_repository.js';

/** What is stored in the same way in both databases: everything but the leases. */
export interface Repositories {
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly healthScores: HealthScoreStore;
  readonly tagLimits: TagLimitStore;
  readonly logins: LoginStore;
  readonly runs: RunStore;
  readonly runLists: RunListStore;
  readonly monitoring: MonitoringStore;
  readonly sources: SourceStore;
  readonly peers: PeerStore;
  readonly prefect: PrefectStore;
  readonly egress: EgressStore;
}

/** Everything that a database stores. */
export interface Stores extends Repositories {
  readonly pool: PoolStore;
}

/** The repositories over one database. */
export function repositories(units: UnitOfWorkRunner): Repositories {
  return {
    intake: sessionImportRepository(units),
    access: accessRepository(units),
    audit: auditRepository(units),
    sessions: sessionRepository(units),
    healthScores: healthScoreRepository(units),
    tagLimits: tagLimitRepository(units),
    logins: loginRepository(units),
    runs: runRepository(units),
    runLists: runLists(units),
    monitoring: monitoringRepository(units),
    sources: sourceRepository(units),
    peers: peerRepository(units),
    prefect: prefectRepository(units),
    egress: egressRepository(units),
  };
}
