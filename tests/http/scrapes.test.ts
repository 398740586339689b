import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { registerPoolMetrics } from '../../src/pool/metrics.js';
import { STATES, type State } from '../../src/pool/states.js';
import { registerDatabaseMetrics } from '../../src/storage/metrics.js';

describe('a scrape', () => {
  it('counts the sessions once, for all that is said of them', async () => {
    const registry = new Registry();
    let counted = 0;
    registerPoolMetrics(registry, {
      waiting: () => 4,
      async counts() {
        counted += 1;
        const states = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
        const accounts = { total: 3, limited: 1, frozen: 0 };
        return { states: { ...states, free: 3 }, freeButMethodFlooded: 1, ...accounts };
      },
    });
    const text = await registry.metrics();
    expect(text).toContain('telegate_sessions{state="free"} 3\n');
    expect(text).toContain('telegate_sessions_by_condition{condition="alive"} 2\n');
    expect(text).toContain('telegate_sessions_method_flooded 1\n');
    expect(text).toContain('telegate_acquire_queue_length 4\n');
    expect(counted).toBe(1);
  });

  it('asks the database once whether it works, and for how long it takes', async () => {
    const registry = new Registry();
    const reasons = [null, 'away'];
    const health = { reason: async () => reasons.shift() ?? null };
    registerDatabaseMetrics(registry, {
      ...{ health, database: { connections: null } },
      target: { kind: 'sqlite', file: '/nonexistent' },
    });
    const up = await registry.metrics();
    expect(up).toMatch(/^telegate_database_up 1$/m);
    expect(up).toMatch(/^telegate_database_probe_seconds [\d.e-]+$/m);
    expect(reasons).toEqual(['away']);
    const away = await registry.metrics();
    expect(away).toMatch(/^telegate_database_up 0$/m);
    expect(away).not.toMatch(/^telegate_database_probe_seconds /m);
  });
});
