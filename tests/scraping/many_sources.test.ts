import { describe } from '@jest/globals';
import { withTelegram } from '../logins/over_sandbox.js';
import { manySources } from './many_sources.js';
import { smallWorld } from './small_world.js';

describe('50 sources on 5 sessions', () =>
  manySources((most, test) =>
    withTelegram(({ service, sandbox }) => test({ services: [service], sandbox, dataDir: service.dataDir }), {
      seed: smallWorld,
      settings: { MAX_CONCURRENT_RUNS: `${most}` },
      database: 'sqlite',
    }),
  ));
