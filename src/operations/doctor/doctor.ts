import { readFileSync } from 'node:fs';
import { type Config, ConfigError, loadConfig } from '../../config.js';
import { systemTime } from '../../kernel/clock.js';
import { freeBytes } from '../../kernel/disk_full.js';
import { examine } from '../../storage/examination.js';
import { openSideConnection } from '../../storage/open.js';
import { type TelegramNetwork, telegramNetwork } from '../../telegram/network.js';
import {
  type Check,
  failed,
  type Machine,
  type NamedFinding,
  type Parts,
  reasonOf,
  runChecks,
} from './check.js';
import { databaseChecks } from './database_checks.js';
import { fileChecks } from './file_checks.js';
import { machineChecks } from './machine_checks.js';
import { networkChecks } from './network_checks.js';

/** All checks, in the order in which they are reported. */
const CHECKS: readonly Check[] = [...machineChecks, ...fileChecks, ...databaseChecks, ...networkChecks];

/** What is examined, and how. */
export interface DiagnosisOptions {
  /** The settings, as the environment has them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether Telegram and its proxies are left out. */
  readonly offline: boolean;
  /** Whether findings with a safe repair are repaired. */
  readonly fix: boolean;
  readonly machine?: Machine;
  readonly network?: TelegramNetwork;
  /** Holds the names of the checks that are under way. */
  readonly running?: Set<string>;
}

/** The outcome of all checks, after the repairs. */
export interface Diagnosis {
  readonly findings: readonly NamedFinding[];
  /** What was repaired: the findings from before. */
  readonly fixed: readonly NamedFinding[];
}

/** The machine that this process runs on. */
export const thisMachine: Machine = {
  nodeVersion: process.version,
  freeBytes,
  procFile(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  wall: systemTime.wall,
};

/** Runs all checks, next to services that may be running. Changes nothing, unless repairs are asked for. */
export async function diagnose(options: DiagnosisOptions): Promise<Diagnosis> {
  const before = await examineAll(options);
  const fixable = options.fix ? before.filter(({ fix }) => fix !== undefined) : [];
  if (fixable.length === 0) return { findings: before, fixed: [] };
  const fixed: NamedFinding[] = [];
  const broken: NamedFinding[] = [];
  for (const finding of fixable) {
    try {
      await finding.fix?.();
      fixed.push(finding);
    } catch (error) {
      broken.push({
        check: finding.check,
        ...failed(`could not be repaired: ${reasonOf(error)}`, finding.advice),
      });
    }
  }
  return { findings: [...(await examineAll(options)), ...broken], fixed };
}

async function examineAll(options: DiagnosisOptions): Promise<NamedFinding[]> {
  let config: Config;
  try {
    config = loadConfig(options.environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ check: 'settings', ...failed(error.message, 'Correct them; nothing else was checked.') }];
  }
  const parts = await partsFor(config, options);
  try {
    return await runChecks(
      CHECKS.filter(({ online }) => !options.offline || online === undefined),
      parts,
      options.running ?? new Set(),
    );
  } finally {
    await parts.stores?.close();
  }
}

async function partsFor(
  config: Config,
  { machine = thisMachine, network = telegramNetwork }: DiagnosisOptions,
): Promise<Parts> {
  const examined = await examine(config.database).catch((error: unknown) => new Error(reasonOf(error)));
  const usable = !(examined instanceof Error) && examined.schema === 'current';
  const stores = usable ? await openSideConnection(config.database).catch(() => null) : null;
  return { config, machine, network, examined, stores };
}
