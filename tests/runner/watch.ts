import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Compiles after every change, then runs the tests that match: `npm run test:watch -- pool`. */
const TSC = ['node_modules/typescript/bin/tsc', '--watch', '--preserveWatchOutput'];
const JEST = ['--no-warnings', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)];

const compiler = spawn(process.execPath, TSC, { stdio: ['inherit', 'pipe', 'inherit'] });
let tests: ChildProcess | null = null;
let isOutdated = false;

createInterface({ input: compiler.stdout }).on('line', (line) => {
  process.stdout.write(`${line}\n`);
  if (line.includes('Found 0 errors')) runTests();
});

process.once('SIGTERM', () => {
  compiler.kill();
  process.exit(143);
});

/** Running tests finish first, so that they clean up. */
function runTests(): void {
  if (tests) {
    isOutdated = true;
    return;
  }
  isOutdated = false;
  tests = spawn(process.execPath, JEST, { stdio: 'inherit' });
  tests.once('exit', () => {
    tests = null;
    if (isOutdated) runTests();
  });
}
