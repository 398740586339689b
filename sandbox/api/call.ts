import type { AccountConditions } from '../account_conditions.js';
import type { ResolveLimit } from '../resolve_limit.js';
import type { Codes } from '../state/codes.js';
import type { KeyRecord, Keys } from '../state/keys.js';
import type { TlObject, TlResult } from '../tl/values.js';
import type { Account } from '../world/accounts.js';
import type { World } from '../world/world.js';
import { RpcError } from './errors.js';
import type { ExportedAuthorizations } from './exported.js';
import type { SrpChallenges } from './srp_challenges.js';

/** What the methods of all data centres use. */
export interface Backend {
  readonly world: World;
  readonly keys: Keys;
  readonly codes: Codes;
  readonly exported: ExportedAuthorizations;
  readonly challenges: SrpChallenges;
  readonly resolves: ResolveLimit;
  readonly conditions: AccountConditions;
  /** Milliseconds since 1970. */
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  /** The data centres' addresses: the first is number 1's. */
  readonly addresses: readonly string[];
  readonly port: () => number;
}

/** One call of a method. */
export interface Call {
  readonly backend: Backend;
  readonly dcId: number;
  readonly key: KeyRecord;
  /** The account that is logged in. Throws RpcError `AUTH_KEY_UNREGISTERED` if there is none. */
  readonly account: Account;
}

/** A method that the sandbox knows. */
export interface Method {
  /** The name of its GramJS class: `auth.SendCode`. */
  readonly name: string;
  /** Whether it transfers files, which several connections may do with one key at once. */
  readonly isMedia: boolean;
  /** Whether only users may call it, not bots. */
  readonly refusesBots: boolean;
  /** Phone numbers that the call concerns, besides the account's own. */
  phones(request: TlObject): string[];
  answer(request: TlObject, call: Call): TlResult;
}

/** GramJS's metadata of a method's class: its name, and the type of its answer. */
interface RequestClass<Request> {
  readonly className: string;
  new (args: never): Request;
}

type AnswerOf<Request> = Request extends { __response: infer Answer } ? Answer : never;

/** A method, its request and answer typed by GramJS's class. */
export function method<Request extends TlObject>(
  type: RequestClass<Request>,
  answer: (request: Request, call: Call) => AnswerOf<Request> & TlResult,
  options: { isMedia?: boolean; refusesBots?: boolean; phones?: (request: Request) => string[] } = {},
): Method {
  const typed = (request: TlObject): Request => {
    if (!(request instanceof type)) throw new RangeError(`${request.className} is not ${type.className}`);
    return request;
  };
  return {
    name: type.className,
    isMedia: options.isMedia ?? false,
    refusesBots: options.refusesBots ?? false,
    phones: (request) => options.phones?.(typed(request)) ?? [],
    answer: (request, call) => answer(typed(request), call),
  };
}

/** The call's account; see `Call.account`. */
export function accountOf(backend: Backend, key: KeyRecord): Account {
  const account = key.authorization === null ? null : backend.world.loggedIn(key.authorization.phone);
  if (account === null) throw new RpcError('AUTH_KEY_UNREGISTERED');
  return account;
}
