import { TelegramUnreachable } from '../errors.js';
import type { AccountAccess, DcKey } from '../gateway.js';
import type { TelegramNetwork } from '../network.js';

/** A data centre, and not one of another kind with the same number. */
export type DataCentreId = Pick<DcKey, 'dcId' | 'test'>;

/** A host to dial. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How bytes get to a data centre. Only `first` is dialled; a proxy at `first` connects to what is `behind` it. */
export interface NetworkPath {
  readonly dataCentre: DataCentreId;
  readonly first: Endpoint;
  readonly behind: SocksTunnel | MtProxyTunnel | null;
}

/** A SOCKS proxy that is asked to connect to `target`. */
export interface SocksTunnel {
  readonly kind: 'socks';
  readonly version: 4 | 5;
  readonly user: string | null;
  readonly password: string | null;
  readonly target: Endpoint;
}

/** An MTProxy; it knows the data centres by their numbers. */
export interface MtProxyTunnel {
  readonly kind: 'mtproxy';
  /** Hexadecimal: 16 bytes, or 17 that begin with dd. */
  readonly secret: string;
}

/**
 * The path to a data centre. Throws TelegramUnreachable where there is none: no such data centre, a host that may
 * not be dialled, or a proxy that can't be used.
 */
export function pathTo(
  network: TelegramNetwork,
  dataCentre: DataCentreId,
  proxy: AccountAccess['proxy'],
): NetworkPath {
  const { dcId, test } = dataCentre;
  const address = network.dataCentre(dcId, test);
  if (address === null)
    throw new TelegramUnreachable(`there is no ${test ? 'test ' : ''}data centre ${dcId}`);
  const target = { host: allowed(network, address.serverAddress), port: address.port };
  if (proxy === null) return { dataCentre, first: target, behind: null };
  const { type, host, port, user, pass: password } = proxy;
  if (type === 'http')
    throw new TelegramUnreachable('TeleGate cannot use an http proxy: use socks5 or mtproxy');
  const first = { host: allowed(network, host), port };
  if (type !== 'mtproxy') {
    const version = type === 'socks5' ? 5 : 4;
    return { dataCentre, first, behind: { kind: 'socks', version, user, password, target } };
  }
  // GramJS writes the number into one byte, and that of a test data centre is 10,000 higher.
  if (test) throw new TelegramUnreachable('TeleGate cannot use an MTProxy with test data centres');
  return { dataCentre, first, behind: { kind: 'mtproxy', secret: mtProxySecret(password ?? '') } };
}

function allowed(network: TelegramNetwork, host: string): string {
  if (network.mayDial(host)) return host;
  throw new TelegramUnreachable(`${host} must not be connected to from here`);
}

/** Secrets of fake TLS (ee…) are longer; GramJS does not speak that. */
function mtProxySecret(text: string): string {
  const bytes = Buffer.from(text, /^[0-9a-f]+$/i.test(text) ? 'hex' : 'base64');
  if (bytes.length === 16 || (bytes.length === 17 && bytes[0] === 0xdd)) return bytes.toString('hex');
  throw new TelegramUnreachable("TeleGate can use an MTProxy whose secret has 16 bytes, or 17 after 'dd'");
}
