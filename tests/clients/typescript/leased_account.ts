import { logIn, type World } from '../../logins/over_sandbox.js';
import { until } from '../../service/manual_time.js';

/** The account whose session is leased. */
const DAN = '+9996620002';

/** How many connections of the account are open. */
export function openOf({ sandbox }: World): number {
  const own = sandbox.connections.list().filter(({ phone }) => phone !== null && DAN.endsWith(phone));
  return own.filter(({ closedOrder }) => closedOrder === null).length;
}

/** Signs the account in; the service has no connection of its own any more. */
export async function loggedIn(world: World): Promise<void> {
  await logIn(world, DAN);
  await until(() => openOf(world) === 0);
}
