import { TcpTransport, type tl } from '@mtcute/node';
import { portOf } from './worker_environment.js';
import { setUp, workInLoop } from './worker_loop.js';

const { environment, pool, lease, signal } = setUp();

class RelayedTransport extends TcpTransport {
  override connect(dc: Parameters<TcpTransport['connect']>[0]) {
    return super.connect({ ...dc, ipAddress: '127.0.0.1', port: portOf(environment, dc.id) });
  }
}

// The sandbox knows no temporary keys.
const client = { transport: new RelayedTransport(), network: { usePfs: false } };
const whoAmI: tl.users.RawGetUsersRequest = { _: 'users.getUsers', id: [{ _: 'inputUserSelf' }] };

await workInLoop(
  (use) => pool.withMtcute((telegram) => use(() => telegram.call(whoAmI)), { ...lease, client }),
  signal,
);
process.exit(0);
