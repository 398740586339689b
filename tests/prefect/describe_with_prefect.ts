import { describe } from '@jest/globals';
import { findPrefect, PREFECT_VERSION } from './installation.js';

/** `describe`, or `describe.skip` and one line of output if Prefect is not installed. */
export function describeWithPrefect(): typeof describe | typeof describe.skip {
  if (findPrefect()) return describe;
  process.stderr.write(
    `Prefect ${PREFECT_VERSION} is not installed: its tests are skipped. ` +
      `Get it with: python3 -m venv .venv-prefect && .venv-prefect/bin/pip install prefect==${PREFECT_VERSION}\n`,
  );
  return describe.skip;
}
