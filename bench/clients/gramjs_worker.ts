import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Api } from 'telegram/index.js';
import { portOf } from './worker_environment.js';
import { setUp, workInLoop } from './worker_loop.js';

const { environment, pool, lease, signal } = setUp();

/** GramJS knows the data centres by their addresses: 127.0.0.2 is the first. */
class RelayedSockets extends PromisedNetSockets {
  override connect(_port: number, ip: string) {
    return super.connect(portOf(environment, Number(ip.split('.')[3]) - 1), '127.0.0.1');
  }
}

const options = { ...lease, client: { networkSocket: RelayedSockets, useWSS: false } };
const whoAmI = () => new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

await workInLoop(
  (use) => pool.withTelegram((telegram) => use(() => telegram.invoke(whoAmI())), options),
  signal,
);
process.exit(0);
