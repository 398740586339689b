import type { TelegramConnection } from './connection.js';
import type { TaskConnections } from './connection_pool.js';
import type { DataCentreId } from './network_path.js';
import { migrationTarget } from './rpc_errors.js';

/** How often Telegram may redirect a login to another data centre. */
const MAX_MIGRATIONS = 3;

/**
 * Begins a login at the account's own data centre: `firstDc`, or where that redirects us. `kinds`: the
 * `…_MIGRATE_X` errors that redirect. Rejects as calls do.
 */
export async function followDcMigration<Result>(
  connections: TaskConnections,
  firstDc: number,
  kinds: readonly string[],
  begin: (connection: TelegramConnection) => Promise<Result>,
): Promise<Result> {
  let dataCentre: DataCentreId = { dcId: firstDc, test: false };
  for (let migrations = 0; ; migrations += 1) {
    const connection = await connections.open(dataCentre, null);
    try {
      return await begin(connection);
    } catch (error) {
      const dcId = migrationTarget(error, kinds);
      if (dcId === null || migrations === MAX_MIGRATIONS) throw error;
      dataCentre = { ...dataCentre, dcId };
    }
    await connections.hangUp(connection);
  }
}
