import { describe, expect, it } from '@jest/globals';
import { BAD_KEYS } from '../../src/access/authenticate.js';
import { type Service, withService } from '../service/service.js';

/** The status of an answer to a bad key that claims to come from this client. */
async function bad(service: Service, forwardedFor: string): Promise<number> {
  const answer = await service
    .as(null)
    .get('/status')
    .set('X-API-Key', 'no-key-of-tests')
    .set('X-Forwarded-For', forwardedFor);
  return answer.status;
}

async function badMany(service: Service, forwardedFor: (index: number) => string): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < BAD_KEYS.points; index += 1) {
    statuses.push(await bad(service, forwardedFor(index)));
  }
  return statuses;
}

const REFUSED = Array.from({ length: BAD_KEYS.points }, () => 403);

describe('X-Forwarded-For', () => {
  it.each([
    ['nobody is trusted', {}],
    ['another proxy is', { TRUST_PROXY: '10.0.0.0/8,::1' }],
  ])('changes nothing where %s', (_what, settings) =>
    withService(
      async (service) => {
        expect(await badMany(service, (index) => `192.0.2.${index}`)).toEqual(REFUSED);
        expect(await bad(service, '198.51.100.1')).toBe(429);
      },
      { settings },
    )(),
  );

  it(
    'of a trusted proxy identifies the client that is slowed down',
    withService(
      async (service) => {
        expect(await badMany(service, () => '192.0.2.1')).toEqual(REFUSED);
        expect(await bad(service, '192.0.2.1')).toBe(429);
        expect(await bad(service, '192.0.2.2')).toBe(403);
      },
      { settings: { TRUST_PROXY: 'loopback' } },
    ),
  );

  it(
    'may start with anything that a client made up: what the trusted proxy added counts',
    withService(
      async (service) => {
        expect(await badMany(service, (index) => `192.0.2.${index}, nonsense, 198.51.100.9`)).toEqual(
          REFUSED,
        );
        expect(await bad(service, '198.51.100.9')).toBe(429);
        expect(await bad(service, '192.0.2.1')).toBe(403);
      },
      { settings: { TRUST_PROXY: '127.0.0.1' } },
    ),
  );

  it(
    'never blocks a valid key',
    withService(
      async (service) => {
        await badMany(service, () => '192.0.2.1');
        expect(await bad(service, '192.0.2.1')).toBe(429);
        await service.as('monitor').get('/status').set('X-Forwarded-For', '192.0.2.1').expect(200);
      },
      { settings: { TRUST_PROXY: 'loopback' } },
    ),
  );
});
