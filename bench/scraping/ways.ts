import { type Finding, said } from '../finding.js';
import type { Workplace } from '../workplace.js';
import type { DatabaseChoice } from './own_database.js';
import { failingBucket, failingNas } from './refusals.js';
import { executeTrial, type Trial } from './trial.js';
import { FLOODED_ACCOUNTS, floods, kills } from './troubles.js';

/** A pool with other free sessions while the session of a killed service cools down. */
const KILLED_ACCOUNTS = 16;

const local = { target: 'LOCAL', accounts: 1 } as const;

type MakeTrial = (place: Workplace) => Promise<Trial>;

/** The trials of each way, each in its own workplace. */
const TRIALS: Readonly<Record<string, readonly MakeTrial[]>> = {
  straight: [async () => ({ ...local, name: 'straight' })],
  floods: [async () => ({ ...local, name: 'floods', accounts: FLOODED_ACCOUNTS, trouble: floods })],
  kills: [async () => ({ ...local, name: 'kills', accounts: KILLED_ACCOUNTS, trouble: kills })],
  refusals: [failingBucket, failingNas],
};

export const WAYS = Object.keys(TRIALS);

/** Every message and file exactly once, in one way and on one database. */
export async function goBy(
  way: string,
  database: DatabaseChoice,
  open: () => Promise<Workplace>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const trial of TRIALS[way] ?? []) {
    const place = await open();
    // A failing trial does not prevent the next one.
    const broke = (error: unknown) => [said(`${way}, ${database.name}`, String(error), 'an answer')];
    findings.push(...(await trialOf(place, trial, database).catch(broke)));
    await place.close();
  }
  return findings;
}

async function trialOf(place: Workplace, make: MakeTrial, database: DatabaseChoice): Promise<Finding[]> {
  return executeTrial(place, await make(place), database);
}
