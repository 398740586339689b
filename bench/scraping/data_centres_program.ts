import { randomBytes } from 'node:crypto';
import { startControl } from '../../sandbox/control/server.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { addressesText } from './addresses.js';
import { benchSeed } from './world.js';

/** Data centres with their control endpoint, kept in the given directory: prints the addresses of both, then serves. */
const [directory = '.'] = process.argv.slice(2);
const sandbox = await startSandbox({ directory, seed: benchSeed, port: 0, time: Date.now, randomBytes });
const control = await startControl(sandbox, 0);
const told = { telegram: addressesText(sandbox), control: control.url };
process.stdout.write(`${JSON.stringify(told)}\n`);
