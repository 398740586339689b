import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import { TelegramUnreachable } from '../errors.js';
import type { Endpoint, Route, SocksTunnel } from './route.js';

/**
 * Connects `socket` by the route, through the SOCKS proxy if there is one. Never settles if the socket is
 * destroyed while it dials: whoever does that knows. Rejects with TelegramUnreachable for what a proxy refuses.
 *
 * @param giveUpSeconds how long a proxy's answer is waited for, if nobody destroys the socket before
 */
export async function dial(socket: Socket, { first, behind }: Route, giveUpSeconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.connect(first, resolve);
  });
  if (behind?.kind === 'socks') await tunnel(socket, behind, first, giveUpSeconds);
}

async function tunnel(
  socket: Socket,
  to: SocksTunnel,
  proxy: Endpoint,
  giveUpSeconds: number,
): Promise<void> {
  try {
    await SocksClient.createConnection({
      command: 'connect',
      destination: to.target,
      // Its timer is not ours, and is not cleared: it must not outlive ours by much. It keeps no process alive.
      timeout: giveUpSeconds * 1000,
      existing_socket: socket,
      proxy: {
        ...{ ...proxy, type: to.version },
        ...(to.user === null ? {} : { userId: to.user }),
        ...(to.password === null ? {} : { password: to.password }),
      },
    });
  } catch (error) {
    // The error itself holds the proxy's password; its message does not.
    const message = error instanceof Error ? error.message : 'it hung up';
    throw new TelegramUnreachable(`the proxy ${proxy.host}:${proxy.port} does not lead there: ${message}`);
  }
}
