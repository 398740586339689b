import { type AccountCondition, AccountConditions } from './account_conditions.js';
import { Dispatcher } from './api/dispatch.js';
import { ExportedAuthorizations } from './api/exported.js';
import { SrpChallenges } from './api/srp_challenges.js';
import { Budgets } from './budgets.js';
import { ConnectionLog, type DuplicateUse } from './connection_log.js';
import { generateRsaPem, type PublicKey, type RsaKey, rsaKeyFrom } from './crypto/rsa_key.js';
import { DataCentre } from './data_centre.js';
import { Faults } from './faults.js';
import type { ServerMode } from './mtproto/connection.js';
import { ResolveLimit } from './resolve_limit.js';
import { Codes } from './state/codes.js';
import { openState, secret } from './state/database.js';
import { Keys } from './state/keys.js';
import type { Seed } from './world/seed.js';
import { World } from './world/world.js';

/** The options of a sandbox. */
export interface SandboxOptions {
  /** Stores what survives a restart: the RSA key, auth keys, authorizations, codes. */
  readonly directory: string;
  readonly seed: Seed;
  /** The same for all data centres; 0: any free one. */
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  /** Makes the RSA key of a directory that has none, as PKCS#1 text; `generateRsaPem` unless given. */
  readonly makeRsaPem?: () => string;
  /** When it kills a session because its key is used twice at once. */
  readonly duplicateUse?: DuplicateUse;
}

/** An account, and how to log in to it. */
export interface SandboxAccount {
  /** With `+`. */
  readonly phone: string;
  readonly id: string;
  readonly dc: number;
  readonly code: string;
  readonly password: string | null;
  readonly condition: AccountCondition['condition'];
  /** The last one that was sent and is unused. */
  readonly lastCode: { readonly code: string; readonly type: string; readonly sentAt: number } | null;
}

/** A local Telegram emulator on loopback addresses. */
export interface Sandbox {
  /** Data centre 1's address, 2's, … */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly rsaPublicKey: PublicKey;
  readonly world: World;
  readonly faults: Faults;
  readonly resolves: ResolveLimit;
  readonly budgets: Budgets;
  readonly conditions: AccountConditions;
  readonly connections: ConnectionLog;
  accounts(): SandboxAccount[];
  /** The time there, in seconds since 1970. */
  seconds(): number;
  /** Changes how one data centre behaves. Rejects with RangeError if it does not exist. */
  behave(dc: number, mode: ServerMode): Promise<void>;
  /** How each data centre behaves, number 1 first. */
  modes(): ServerMode[];
  close(): Promise<void>;
}

const PORT_ATTEMPTS = 20;
const UNUSED_KEY_MS = 7 * 86_400_000;

/** Starts the data centres: 127.0.0.2, 127.0.0.3, … Rejects with the system's error if one can't listen. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { time, makeRsaPem = generateRsaPem, duplicateUse } = options;
  const world = new World(options.seed);
  const state = openState(options.directory);
  const parts = {
    world,
    codes: new Codes(state),
    faults: new Faults(),
    resolves: new ResolveLimit(time),
    budgets: new Budgets(time),
    conditions: new AccountConditions(),
    connections: new ConnectionLog(time, { duplicateUse }),
  };
  const rsaKey = rsaKeyFrom(secret(state, 'rsa_key', makeRsaPem));
  const keys = new Keys(state, time);
  keys.forgetUnused(time() - UNUSED_KEY_MS);
  let port = options.port;
  const shared = { ...options, ...parts, rsaKey, keys, port: () => port };
  const centres = dataCentres(shared);
  try {
    port = await listenTogether(centres, options.port);
  } catch (error) {
    state.close();
    throw error;
  }
  return {
    ...{ ...parts, port, addresses: centres.map(({ address }) => address), rsaPublicKey: rsaKey.publicKey },
    accounts: () => sandboxAccounts(world, parts),
    seconds: () => Math.floor(time() / 1000),
    modes: () => centres.map(({ mode }) => mode),
    async behave(dc, mode) {
      const centre = centres[dc - 1];
      if (centre === undefined) throw new RangeError(`no data centre ${dc}`);
      await centre.behave(mode, port);
    },
    async close() {
      await Promise.all(centres.map((centre) => centre.close()));
      state.close();
    },
  };
}

/** What all data centres have in common. */
interface Shared extends Omit<SandboxOptions, 'port'> {
  readonly world: World;
  readonly keys: Keys;
  readonly codes: Codes;
  readonly faults: Faults;
  readonly resolves: ResolveLimit;
  readonly budgets: Budgets;
  readonly conditions: AccountConditions;
  readonly connections: ConnectionLog;
  readonly rsaKey: RsaKey;
  readonly port: () => number;
}

function dataCentres(shared: Shared): DataCentre[] {
  const { time, randomBytes, connections: log } = shared;
  const addresses = Array.from({ length: shared.seed.data_centres }, (_, at) => `127.0.0.${at + 2}`);
  const exported = new ExportedAuthorizations(time, randomBytes);
  const challenges = new SrpChallenges(randomBytes);
  const dispatcher = new Dispatcher({ ...shared, addresses, exported, challenges }, shared, log);
  return addresses.map(
    (address, at) => new DataCentre(address, { ...shared, dcId: at + 1, log, dispatcher }),
  );
}

/** A port that is free on one address may be taken on the next: then all try another. */
async function listenTogether(centres: readonly DataCentre[], wanted: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      let port = wanted;
      for (const centre of centres) port = await centre.listen(port);
      return port;
    } catch (error) {
      await Promise.all(centres.map((centre) => centre.close()));
      if (wanted !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function sandboxAccounts(
  world: World,
  { codes, conditions }: Pick<Shared, 'codes' | 'conditions'>,
): SandboxAccount[] {
  return world.accounts.map(({ phone, id, dcId, code, seed }) => {
    const last = codes.latest(phone);
    return {
      ...{ phone: `+${phone}`, id: id.toString(), dc: dcId, code, password: seed.password ?? null },
      condition: conditions.of(phone)?.condition ?? 'alive',
      lastCode: last === null ? null : { code: last.code, type: last.type, sentAt: last.sentAt },
    };
  });
}
