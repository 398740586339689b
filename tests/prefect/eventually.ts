import { setTimeout as delay } from 'node:timers/promises';

/** How often Prefect is asked, in milliseconds: each answer costs its server some 10 ms of a processor. */
export const ASK_MS = 200;

/** Resolves once it is so, and rejects if that takes too long. For what Prefect has to be asked. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 25_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition}`);
    await delay(ASK_MS);
  }
}
