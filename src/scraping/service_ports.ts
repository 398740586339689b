import type { PeerService } from '../peers/service.js';
import type { PoolService } from '../pool/service.js';
import type { RunStore } from '../runs/store.js';
import type { AccountAccesses } from '../sessions/credentials.js';
import type { SessionStore } from '../sessions/store.js';
import type { SourceStore } from '../sources/store.js';
import type { SourceBots } from './source_bots.js';

/*
 * What the execution of runs needs of the rest of the service, and no more: the run thread reaches it by messages.
 */

export type RunRecords = Pick<
  RunStore,
  'run' | 'mark' | 'log' | 'checkpoint' | 'saveTotal' | 'store' | 'storedAs' | 'saveSessions'
>;

export type RunPeers = Pick<PeerService, 'known' | 'keep' | 'takeResolve' | 'refused' | 'resolvesLeft'>;

export type RunSources = Pick<SourceStore, 'source' | 'fillTitle'>;

export type RunSessions = Pick<SessionStore, 'session'>;

export type RunPool = Pick<PoolService, 'counts' | 'demand' | 'report' | 'setAside'>;

export type RunAccesses = Pick<AccountAccesses, 'of'>;

export type RunBots = Pick<SourceBots, 'of' | 'keep'>;
