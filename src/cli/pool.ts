import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import {
  type Context,
  parametersOf,
  type ServiceOptions,
  showDone,
  showRecord,
  withService,
  withServiceOptions,
} from './context.js';
import { wholeNumber } from './lists.js';
import { column, printTable } from './print.js';
import { type Fields, fieldsOf, ServiceError, Unreachable } from './service.js';
import { plain, shortTime } from './text.js';

/** How a session is named on the command line. */
export const SESSION_HELP = 'its id or its name; name:… if the name is all digits';

/** The longest that the service holds one request, in seconds. */
const MAX_HOLD_SECONDS = 60;

/** How much longer than it is held a request may take, in seconds. */
const GRACE_SECONDS = 30;

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
    description: 'end a flood wait, an invalidation or a death',
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
  const command = new Command('pool').description('lease sessions, and say what becomes of them');
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
}

function acquireCommand(): Command {
  return withServiceOptions(new Command('acquire'))
    .description('lease a free session; elsewhere than on a terminal, prints its id and the lease id')
    .option('--wait <seconds>', 'wait in the queue until a session is free', wholeNumber(0), 0)
    .option('--ttl <seconds>', 'how long the lease lasts', wholeNumber(1))
    .option('--tag <tag...>', 'a session that has all of these tags')
    .option('--session <session>', 'this session, by its id or name')
    .option('--method <method>', 'the Telegram method it is for, such as messages.getHistory')
    .action((options: AcquireOptions) => withService(options, (context) => acquire(context, options)));
}

async function acquire(context: Context, { wait, ttl, tag, session, method }: AcquireOptions): Promise<void> {
  const named = session === undefined ? {} : sessionQuery(session);
  const lease = await acquired(context, { ttl, tag, method, ...named }, wait);
  if (context.json || context.out.isTTY !== true) {
    if (context.json) return showRecord(context, [], lease);
    return printTable(context.out, [column('session_id'), column('lease_id')], [lease]);
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

/** Stands in the queue for `wait` seconds, in as many requests as that takes. A lost answer costs no second lease. */
async function acquired({ service, signal }: Context, query: Fields, wait: number): Promise<Fields> {
  const until = performance.now() + wait * 1000;
  const headers = { 'Idempotency-Key': randomUUID() };
  for (let repeats = 0; ; ) {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const held = Math.min(left, MAX_HOLD_SECONDS);
    const wish = { query: { ...query, wait: held }, headers, withinSeconds: held + GRACE_SECONDS };
    try {
      return fieldsOf((await service.ask('POST', '/session', wish, signal)).body);
    } catch (error) {
      const isLost = error instanceof Unreachable && error.mayHaveArrived && repeats < REPEATS.most;
      if (!isLost && !(isNoFreeSession(error) && left > held)) throw error;
      repeats += isLost ? 1 : 0;
      await delay(REPEATS.afterMs, null, { signal }).catch(() => signal.throwIfAborted());
    }
  }
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
  const { body } = await service.ask(
    'GET',
    '/sessions',
    { query: { q: name.slice(0, 100), limit: 1000 } },
    signal,
  );
  const found = (Array.isArray(body) ? body.map(fieldsOf) : []).find((one) => one.name === name);
  if (found) return Number(found.id);
  throw new ServiceError(404, { detail: `No session is named ${name}`, code: 'session_not_found' }, null);
}
