import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { STRATEGIES } from '../pool/store.js';
import {
  type Context,
  parametersOf,
  type ServiceOptions,
  showDone,
  showRecord,
  withService,
  withServiceOptions,
} from './context.js';
import { pages, wholeNumber } from './lists.js';
import { column, printTable } from './print.js';
import { type Fields, fieldsOf, isAway, type Service, ServiceError, Unreachable } from './service.js';
import { plain, shortTime } from './text.js';

/** How a session is named on the command line. */
export const SESSION_HELP = 'its id or its name; name:… if the name is all digits';

/** The longest that the service holds one request, in seconds. */
const MAX_HOLD_SECONDS = 60;

/** How much longer than it is held a request may take, in seconds. */
const GRACE_SECONDS = 30;

/** How long it may take to give back what was granted to an interrupted command, in milliseconds. */
const GIVE_BACK_MS = 3000;

/** How often a request whose answer was lost is repeated, and how long after, in milliseconds. */
const REPEATS = { most: 5, afterMs: 500 };

/** A command that posts what it is told about one session. */
interface Post {
  readonly name: string;
  readonly description: string;
  readonly path: string;
  /** An argument besides the session; its name is the parameter of the API. */
  readonly seconds?: string;
  readonly options: readonly Option[];
  readonly done: (answer: Fields) => string;
}

const LEASE = new Option('--lease <id>', 'the lease, as `pool acquire` printed it');
const METHOD = new Option('--method <method>', 'only this Telegram method, such as messages.getHistory');

/** The names of the options are, but for `--lease`, parameters of the API. */
const POSTS: readonly Post[] = [
  {
    name: 'release',
    description: 'give a leased session back',
    path: '/release',
    options: [
      LEASE,
      new Option('--flood-wait <seconds>', 'a flood wait that ended the work').argParser(wholeNumber(0)),
      METHOD,
    ],
    done: ({ session_id }) => `Session ${session_id} is released.`,
  },
  {
    name: 'invalidate',
    description: 'take a session out of the pool until it is restored',
    path: '/invalidate',
    options: [LEASE, new Option('--reason <text>', 'why')],
    done: ({ session_id }) =>
      `Session ${session_id} is invalidated: \`telegate pool restore ${session_id}\` undoes it.`,
  },
  {
    name: 'restore',
    description: 'end a flood wait, an invalidation or a death; count a frozen or limited account as alive',
    path: '/restore',
    options: [],
    done: ({ session_id }) => `Session ${session_id} is restored.`,
  },
  {
    name: 'flood',
    description: 'record a flood wait',
    path: '/floodwait',
    seconds: 'wait_seconds',
    options: [LEASE, METHOD],
    done: ({ session_id, method, floodwait_until }) =>
      `Session ${session_id} is flooded${method ? ` for ${plain(method)}` : ''} until ${shortTime(floodwait_until)}.`,
  },
];

/** `telegate pool`: leases, and what ends them. */
export function poolCommand(): Command {
  const command = new Command('pool').description(
    'lease sessions, release them, and take them out of the pool',
  );
  command.addCommand(acquireCommand());
  for (const post of POSTS) command.addCommand(postCommand(post));
  return command;
}

interface PostOptions extends ServiceOptions {
  readonly lease?: string;
}

function postCommand({ name, description, path, seconds, options, done }: Post): Command {
  const command = withServiceOptions(new Command(name)).description(description);
  command.argument('<session>', SESSION_HELP);
  if (seconds !== undefined) command.argument('<seconds>', 'how long', wholeNumber(0));
  for (const option of options) command.addOption(option);
  return command.action((session: string, ...rest: unknown[]) => {
    const options: PostOptions = command.opts();
    const { lease, ...fields } = options;
    const body = {
      ...parametersOf(fields),
      ...(lease !== undefined && { lease_id: lease }),
      ...(seconds !== undefined && { [seconds]: rest[0] }),
    };
    return withService(options, async (context) => {
      const session_id = await sessionIdOf(context, session);
      const answer = await context.service.ask(
        'POST',
        path,
        { body: { ...body, session_id } },
        context.signal,
      );
      showDone(context, answer.body, done(fieldsOf(answer.body)));
    });
  });
}

interface AcquireOptions extends ServiceOptions {
  readonly wait: number;
  readonly ttl?: number;
  readonly tag?: readonly string[];
  readonly session?: string;
  readonly method?: string;
  readonly strategy?: string;
  readonly allow?: string;
}

function acquireCommand(): Command {
  return withServiceOptions(new Command('acquire'))
    .description(
      'lease a free session; where the output is no terminal, only its id and the lease id are printed',
    )
    .option('--wait <seconds>', 'wait in the queue until a session is free', wholeNumber(0), 0)
    .option('--ttl <seconds>', 'how long the lease lasts', wholeNumber(1))
    .option('--tag <tag...>', 'a session that has all of these tags')
    .option('--session <session>', 'this session, by its id or name')
    .option('--method <method>', 'the Telegram method it is for, such as messages.getHistory')
    .addOption(new Option('--strategy <strategy>', 'which of the free sessions').choices(STRATEGIES))
    .addOption(
      new Option('--allow <condition>', 'also one whose account is frozen: it can only read').choices([
        'frozen',
      ]),
    )
    .action((options: AcquireOptions) => withService(options, (context) => acquire(context, options)));
}

async function acquire(context: Context, options: AcquireOptions): Promise<void> {
  const { wait, ttl, tag, session, method, strategy, allow } = options;
  const named = session === undefined ? {} : sessionQuery(session);
  const lease = await acquired(context, { ttl, tag, method, strategy, allow, ...named }, wait);
  if (context.json || context.out.isTTY !== true) {
    if (context.json) showRecord(context, [], lease);
    else printTable(context.out, [column('session_id'), column('lease_id')], [lease]);
    return;
  }
  const fields = [
    'session_id',
    'session_name',
    'lease_id',
    'expires_at',
    'session_file',
    'phone_number',
    'tags',
  ];
  showRecord(
    context,
    fields.map((field) => column(field)),
    lease,
  );
  const { session_id, lease_id } = lease;
  context.notes.write(
    `Give it back with: telegate pool release ${plain(session_id)} --lease ${plain(lease_id)}\n`,
  );
}

/** A request for a lease, by whose key the service knows when it is repeated. */
interface Acquire {
  readonly query: Fields;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Stands in the queue for `wait` seconds, in as many requests as that takes, also while the service restarts. A lost
 * answer costs no second lease, and what was granted to a command that is interrupted is given back.
 */
async function acquired(context: Context, query: Fields, wait: number): Promise<Fields> {
  const request = { query, headers: { 'Idempotency-Key': randomUUID() } };
  try {
    return await queued(context, request, wait);
  } catch (error) {
    const isUnknown = context.signal.aborted || (error instanceof Unreachable && error.mayHaveArrived);
    if (isUnknown) await giveBack(context.service, request).catch(() => undefined);
    throw error;
  }
}

async function queued({ service, signal }: Context, request: Acquire, wait: number): Promise<Fields> {
  const until = performance.now() + wait * 1000;
  let reached = false;
  for (let repeats = 0; ; ) {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const held = Math.min(left, MAX_HOLD_SECONDS);
    try {
      return await ask(service, request, held, signal);
    } catch (error) {
      const isLost = error instanceof Unreachable && error.mayHaveArrived;
      reached ||= isLost || error instanceof ServiceError;
      const again = isNoFreeSession(error)
        ? left > held
        : (isLost && repeats < REPEATS.most) || (isAway(error) && reached && left > 0);
      if (!again) throw error;
      repeats += isLost ? 1 : 0;
      await delay(REPEATS.afterMs, null, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function ask(
  service: Service,
  { query, headers }: Acquire,
  held: number,
  signal: AbortSignal,
): Promise<Fields> {
  const options = { query: { ...query, wait: held }, headers, withinSeconds: held + GRACE_SECONDS };
  return fieldsOf((await service.ask('POST', '/session', options, signal)).body);
}

/** Whether the request was granted shows when it is repeated: if so, or if it is now, the lease is released. */
async function giveBack(service: Service, request: Acquire): Promise<void> {
  const late = AbortSignal.timeout(GIVE_BACK_MS);
  const { session_id, lease_id } = await ask(service, request, 0, late);
  await service.ask('POST', '/release', { body: { session_id, lease_id } }, late);
}

function isNoFreeSession(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'no_free_session';
}

/** The parameters of the API that name this session: digits are its id, unless they follow `name:`. */
function sessionQuery(session: string): Fields {
  const { id, name } = sessionNamed(session);
  return id === null ? { session_name: name } : { session_id: id };
}

function sessionNamed(session: string): { readonly id: number | null; readonly name: string } {
  if (/^[1-9]\d{0,14}$/.test(session)) return { id: Number(session), name: session };
  return { id: null, name: session.replace(/^name:/, '') };
}

/**
 * The id of the session that a user named by its id or its name. @throws ServiceError, also if no session
 * has the name; Unreachable.
 */
export async function sessionIdOf({ service, signal }: Context, session: string): Promise<number> {
  const { id, name } = sessionNamed(session);
  if (id !== null) return id;
  const all = { most: Number.POSITIVE_INFINITY, skip: 0 };
  const { rows } = await pages({ service, signal }, '/sessions', { q: name.slice(0, 100) }, all);
  const found = rows.find((one) => one.name === name);
  if (found) return Number(found.id);
  throw new ServiceError(404, { detail: `No session is named ${name}`, code: 'session_not_found' }, null);
}
