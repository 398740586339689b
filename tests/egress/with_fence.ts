import { type Service, type ServiceOptions, some, type Who, withService } from '../service/service.js';
import { PlainDataCentre } from './data_centre.js';
import { type FencedGrant, ThroughProxy } from './socks_client.js';

/** The settings of a service with an egress fence. */
export const EGRESS = { EGRESS_PORT: '0', HOST: '127.0.0.1' } as const;

/** A service with an egress fence, and what it may connect to. */
export interface FencedWorld {
  readonly service: Service;
  readonly dataCentre: PlainDataCentre;
}

/** Runs the test with a service whose workers connect through it. Its timers are the test's. */
export function withFence(
  test: (world: FencedWorld) => Promise<void>,
  options: ServiceOptions = {},
): () => Promise<void> {
  return async () => {
    const dataCentre = await PlainDataCentre.start();
    try {
      await withService((service) => test({ service, dataCentre }), {
        files: some(3),
        network: dataCentre.network,
        ...options,
        settings: { ...EGRESS, ...options.settings },
      })();
    } finally {
      await dataCentre.close();
    }
  };
}

/** Leases a session with a fence. */
export async function fenced(service: Service, query = '', who: Who = 'worker'): Promise<FencedGrant> {
  return (await service.lease(`egress=true&${query}`, who)) as FencedGrant;
}

/** A worker's connection to the data centre, over which something has come back. */
export async function connected({ dataCentre }: FencedWorld, { proxy }: FencedGrant): Promise<ThroughProxy> {
  return ThroughProxy.to(proxy, dataCentre);
}
