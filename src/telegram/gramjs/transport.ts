import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { ConnectionTCPMTProxyAbridged } from 'telegram/network/connection/TCPMTProxy.js';
import { type Connection, ConnectionTCPFull } from 'telegram/network/index.js';
import { TelegramUnreachable } from '../errors.js';
import { silent } from './sender.js';
import type { TelegramSocket } from './socket.js';

/** MTProto's framing over `socket`, which is to be dialled first. */
export function transportOver(socket: TelegramSocket): Connection {
  const { dataCentre, first, behind } = socket.route;
  const where = { ip: first.host, port: first.port, dcId: dataCentre.dcId, testServers: dataCentre.test };
  const options = { ...where, loggers: silent, socket: dialled(socket) };
  if (behind?.kind !== 'mtproxy') return new ConnectionTCPFull(options);
  const proxy = { ip: first.host, port: first.port, secret: behind.secret, MTProxy: true } as const;
  return new ConnectionTCPMTProxyAbridged({ ...options, proxy });
}

/** GramJS makes its sockets itself, of a class: this one's instances are `socket`. */
function dialled(socket: TelegramSocket): typeof PromisedNetSockets {
  return class extends PromisedNetSockets {
    override async connect(): Promise<void> {
      socket.ended.throwIfAborted();
    }

    override readExactly(count: number): Promise<Buffer> {
      return socket.readExactly(count);
    }

    override read(count: number): Promise<Buffer> {
      return socket.readExactly(count);
    }

    override readAll(): Promise<Buffer> {
      return socket.readAll();
    }

    override write(data: Buffer): void {
      socket.write(data);
    }

    override async close(): Promise<void> {
      // GramJS also calls this when it has read the end, and again when it is told to stop.
      if (!socket.ended.aborted) socket.destroy(new TelegramUnreachable('the connection was closed'));
    }

    override async receive(): Promise<void> {}

    override toString(): string {
      return 'TelegramSocket';
    }
  };
}
