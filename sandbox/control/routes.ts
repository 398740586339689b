import { z } from 'zod';
import { ACCOUNT_CONDITIONS } from '../account_conditions.js';
import type { Sandbox } from '../sandbox.js';
import {
  fileChecksum,
  serializeBots,
  serializeChannels,
  serializeConnections,
  serializeResolves,
} from './serialize.js';

/** A request to the control endpoint. */
export interface ControlRequest {
  readonly method: string;
  /** The path's parts, without slashes. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Undefined: not JSON. */
  readonly body: unknown;
}

/** Its answer. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

const faultSchema = z.strictObject({
  fault: z.string().regex(/^(hang|drop|unanswered|slow|[A-Z0-9_]+)$/),
  phone: z.string().optional(),
  method: z.string().optional(),
  dc: z.int().positive().optional(),
  milliseconds: z.int().positive().optional(),
  times: z.int().positive().optional(),
  code: z.int().optional(),
});
const resolveLimitSchema = z.strictObject({
  per_day: z.int().nonnegative(),
  wait_seconds: z.int().positive().default(66_230),
});
const budgetSchema = z.strictObject({
  method: z.string(),
  per_second: z.number().positive(),
  burst: z.int().positive().default(1),
  excess: z.enum(['flood', 'delay']).default('flood'),
});
const modeSchema = z.strictObject({ mode: z.enum(['normal', 'refuse', 'silent', 'half_dead']) });

const conditionSchema = z.strictObject({
  condition: z.enum(ACCOUNT_CONDITIONS),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  appeal_url: z.url().optional(),
});

/** How long a frozen account can appeal, unless a date is given, in seconds. */
const APPEAL_SECONDS = 365 * 86_400;

/** Limits, freezes or deletes an account, or brings it back to life. Throws RangeError where there is none. */
function setCondition(sandbox: Sandbox, encoded: string, body: unknown) {
  const phone = decodeURIComponent(encoded);
  const account = sandbox.world.account(phone);
  if (account === null) throw new RangeError('no such account');
  const { condition, appeal_url: appealUrl = 'https://t.me/spambot', ...dates } = conditionSchema.parse(body);
  const seconds = (text: string) => Math.floor(Date.parse(text) / 1000);
  const since = dates.since === undefined ? sandbox.seconds() : seconds(dates.since);
  const until = dates.until === undefined ? since + APPEAL_SECONDS : seconds(dates.until);
  sandbox.conditions.set(phone, { condition, since, until, appealUrl });
  return { phone: `+${account.phone}`, condition, since, until, appeal_url: appealUrl };
}

type Route = (sandbox: Sandbox, request: ControlRequest, argument: string) => unknown;

const routes: Readonly<Record<string, Route>> = {
  'GET /accounts': (sandbox) => sandbox.accounts(),
  'POST /accounts/:': (sandbox, { body }, phone) => setCondition(sandbox, phone, body),
  'GET /bots': (sandbox) => serializeBots(sandbox.world),
  'GET /channels': (sandbox) => serializeChannels(sandbox.world),
  'GET /connections': (sandbox, { query }) => serializeConnections(sandbox.connections, query.get('phone')),
  'GET /faults': (sandbox) => sandbox.faults.list(),
  'POST /faults': (sandbox, { body }) => sandbox.faults.add(faultSchema.parse(body)),
  'DELETE /faults': (sandbox) => ({ cleared: sandbox.faults.clear() }),
  'DELETE /faults/:': (sandbox, _request, id) => ({ cleared: sandbox.faults.clear(Number(id)) }),
  'GET /resolves': ({ resolves }) => serializeResolves(resolves),
  'POST /resolves': ({ resolves }, { body }) => {
    const { per_day: perDay, wait_seconds: waitSeconds } = resolveLimitSchema.parse(body);
    resolves.set({ perDay, waitSeconds });
    return serializeResolves(resolves);
  },
  'DELETE /resolves': ({ resolves }) => {
    resolves.set(null);
    return serializeResolves(resolves);
  },
  'GET /budgets': (sandbox) => sandbox.budgets.list(),
  'POST /budgets': (sandbox, { body }) => {
    const { per_second: perSecond, ...budget } = budgetSchema.parse(body);
    return sandbox.budgets.add({ ...budget, perSecond });
  },
  'DELETE /budgets': (sandbox) => ({ cleared: sandbox.budgets.clear() }),
  'GET /servers': (sandbox) => sandbox.modes().map((mode, at) => ({ dc: at + 1, mode })),
  'POST /servers/:': async (sandbox, { body }, dc) => {
    const { mode } = modeSchema.parse(body);
    await sandbox.behave(Number(dc), mode);
    return { dc: Number(dc), mode };
  },
  'GET /files/:': (sandbox, _request, id) => fileChecksum(sandbox.world, id),
};

/** Answers: 404 if something does not exist, 422 for an invalid body. */
export async function answer(sandbox: Sandbox, request: ControlRequest): Promise<ControlAnswer> {
  const [first = '', argument] = request.path;
  const name = `${request.method} /${first}${argument === undefined ? '' : '/:'}`;
  const route = request.path.length > 2 ? undefined : routes[name];
  if (route === undefined) return { status: 404, body: { detail: 'Not found', routes: Object.keys(routes) } };
  try {
    const body = await route(sandbox, request, argument ?? '');
    return { status: 200, body };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 422, body: { detail: z.prettifyError(error) } };
    if (error instanceof RangeError) return { status: 404, body: { detail: error.message } };
    throw error;
  }
}
