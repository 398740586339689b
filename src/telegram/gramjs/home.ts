import type { TelegramConnection } from './connection.js';
import type { Lines } from './lines.js';
import type { DataCentreId } from './route.js';
import { migrationTarget } from './rpc_errors.js';

/** How often Telegram may send a login on to another data centre. */
const MOST_HOPS = 3;

/**
 * Begins a login at whichever data centre is the account's: `firstDc`, or where that sends us. `kinds`: which
 * `…_MIGRATE_X` do so. Rejects as calls do.
 */
export async function atHome<Result>(
  lines: Lines,
  firstDc: number,
  kinds: readonly string[],
  begin: (connection: TelegramConnection) => Promise<Result>,
): Promise<Result> {
  let dataCentre: DataCentreId = { dcId: firstDc, test: false };
  for (let hops = 0; ; hops += 1) {
    const connection = await lines.open(dataCentre, null);
    try {
      return await begin(connection);
    } catch (error) {
      const dcId = migrationTarget(error, kinds);
      if (dcId === null || hops === MOST_HOPS) throw error;
      dataCentre = { ...dataCentre, dcId };
    }
    await lines.hangUp(connection);
  }
}
