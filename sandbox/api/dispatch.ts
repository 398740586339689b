import { setTimeout as delay } from 'node:timers/promises';
import { Api } from 'telegram/tl/index.js';
import type { AccountConditions } from '../account_conditions.js';
import type { Budgets } from '../budgets.js';
import type { ConnectionLog, ConnectionRecord } from '../connection_log.js';
import type { Effect, Faults } from '../faults.js';
import type { Outcome } from '../mtproto/session.js';
import type { KeyRecord } from '../state/keys.js';
import type { TlObject } from '../tl/values.js';
import { authMethods } from './auth.js';
import { accountOf, type Backend, type Method } from './call.js';
import { codeMethods } from './codes.js';
import { dialogMethods } from './dialogs.js';
import { RpcError } from './errors.js';
import { helpMethods } from './help.js';
import { messageMethods } from './messages.js';
import { passwordMethods } from './password.js';
import { peerMethods } from './peers.js';
import { uploadMethods } from './upload.js';

/** The connection of a request. */
export interface Caller {
  readonly dcId: number;
  readonly keyId: string;
  readonly record: ConnectionRecord;
  /** Aborted when the connection closes. */
  readonly signal: AbortSignal;
  /** Closes the connection. */
  drop(): void;
}

/** Every method that the sandbox supports, by GramJS's name. */
const methods: ReadonlyMap<string, Method> = new Map(
  [
    helpMethods,
    codeMethods,
    authMethods,
    passwordMethods,
    peerMethods,
    messageMethods,
    dialogMethods,
    uploadMethods,
  ]
    .flat()
    .map((method) => [method.name, method]),
);

const SILENCE: Outcome = { kind: 'silence' };

/** What keeps the sandbox from answering an account as usual. */
export interface Limits {
  readonly faults: Faults;
  readonly conditions: AccountConditions;
  readonly budgets: Budgets;
}

/** Answers methods, unless something is in their way. */
export class Dispatcher {
  constructor(
    readonly backend: Backend,
    readonly limits: Limits,
    readonly log: ConnectionLog,
  ) {}

  /** Never rejects because of a client's input. */
  async invoke(request: TlObject, layer: number, caller: Caller): Promise<Outcome> {
    try {
      return await this.#invoke(request, layer, caller);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { kind: 'error', code: error.code, message: error.message };
    }
  }

  async #invoke(wrapped: TlObject, layer: number, caller: Caller): Promise<Outcome> {
    const request = this.#unwrap(wrapped, layer, caller);
    const method = methods.get(request.className) ?? null;
    const key = this.#accountFor(method, caller);
    const phones = [key.authorization?.phone, key.awaitsPassword, ...(method?.phones(request) ?? [])];
    const effect = this.limits.faults.strike({
      dc: caller.dcId,
      method: request.className,
      phones: phones.filter((phone) => typeof phone === 'string'),
    });
    if (effect !== null && (await suffer(effect, caller)) === 'no answer') return SILENCE;
    const phone = key.authorization?.phone;
    const refusal = phone === undefined ? null : this.limits.conditions.refusal(phone, request.className);
    if (refusal !== null) throw new RpcError(refusal);
    const excess = phone === undefined ? null : this.limits.budgets.spend(phone, request.className);
    if (excess !== null && (await suffer(excess, caller)) === 'no answer') return SILENCE;
    if (method === null) throw new RpcError(`INPUT_METHOD_INVALID_${request.className}`);
    const { backend } = this;
    // The authorization may have ended while a slow request waited.
    const current = this.#key(caller);
    const call = {
      ...{ backend, dcId: caller.dcId, key: current },
      get account() {
        return accountOf(backend, current);
      },
    };
    if (method.refusesBots && call.account.token !== null) throw new RpcError('BOT_METHOD_INVALID');
    const value = method.answer(request, call);
    // A login assigns the connection to an account.
    caller.record.phone = this.#key(caller).authorization?.phone ?? caller.record.phone;
    if (effect?.kind === 'unanswered') {
      caller.drop();
      return SILENCE;
    }
    return { kind: 'result', value, layer, compress: !method.isMedia };
  }

  /** The request inside its invocation wrappers (core.telegram.org/api/invoking). */
  #unwrap(wrapped: TlObject, layer: number, caller: Caller): TlObject {
    let request = wrapped;
    while (isWrapper(request)) {
      if (request instanceof Api.InitConnection)
        this.backend.keys.introduce(this.#key(caller), layer, request.apiId);
      const { query } = request;
      if (!isObject(query)) throw new RpcError('INPUT_METHOD_INVALID');
      request = query;
    }
    return request;
  }

  /** Counts the call, and kills the authorization if another connection calls with the same key. */
  #accountFor(method: Method | null, caller: Caller): KeyRecord {
    const { authorization } = this.#key(caller);
    caller.record.phone = authorization?.phone ?? caller.record.phone;
    const isRival = this.log.sent(caller.record, method);
    if (isRival && authorization !== null) this.backend.keys.kill(authorization.id, 'AUTH_KEY_DUPLICATED');
    const key = this.#key(caller);
    if (key.authorization !== null && key.authorization.dead !== null)
      throw new RpcError(key.authorization.dead);
    return key;
  }

  #key({ dcId, keyId }: Caller): KeyRecord {
    const key = this.backend.keys.find(dcId, keyId);
    if (key === null) throw new RpcError('AUTH_KEY_INVALID');
    return key;
  }
}

async function suffer(effect: Effect, caller: Caller): Promise<'no answer' | 'answer'> {
  switch (effect.kind) {
    case 'error':
      throw new RpcError(effect.message, effect.code);
    case 'hang':
      return 'no answer';
    case 'drop':
      caller.drop();
      return 'no answer';
    case 'unanswered':
      return 'answer';
    case 'slow':
      return delay(effect.milliseconds, 'answer' as const, { signal: caller.signal }).catch(
        () => 'no answer' as const,
      );
  }
}

function isWrapper(request: TlObject): request is TlObject & { query: unknown } {
  return (
    request instanceof Api.InvokeWithLayer ||
    request instanceof Api.InitConnection ||
    request instanceof Api.InvokeWithoutUpdates ||
    request instanceof Api.InvokeAfterMsg ||
    request instanceof Api.InvokeAfterMsgs
  );
}

function isObject(value: unknown): value is TlObject {
  return typeof value === 'object' && value !== null && 'className' in value && 'originalArgs' in value;
}
