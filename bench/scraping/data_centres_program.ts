import { randomBytes } from 'node:crypto';
import { startControl } from '../../sandbox/control/server.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { addressesText } from './addresses.js';
import { benchSeed } from './world.js';

/**
 * Data centres with their control endpoint, kept in the given directory: prints the addresses of both, then serves.
 * `interleaved` as the second argument: connections that are open and silent harm nobody.
 */
const [directory = '.', use] = process.argv.slice(2);
const sandbox = await startSandbox({
  ...{ directory, seed: benchSeed, port: 0, time: Date.now, randomBytes },
  duplicateUse: use === 'interleaved' ? use : 'open',
});
const control = await startControl(sandbox, 0);
const told = { telegram: addressesText(sandbox), control: control.url };
process.stdout.write(`${JSON.stringify(told)}\n`);
