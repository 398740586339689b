import type { Request, Response } from 'express';
import type { Logger } from 'winston';
import { exactAddress } from '../access/client_address.js';
import type { ApiKey } from '../access/keys.js';
import type { Clock } from '../clock.js';
import {
  BadRequest,
  Conflict,
  Forbidden,
  InvalidInput,
  NotFound,
  TooLarge,
  TooMany,
  Unavailable,
  UnsupportedMedia,
} from '../errors.js';
import { redactText } from '../redact_text.js';
import type { AuditEntry, AuditOutcome, AuditStore } from './store.js';

/** What was done, and to what. */
export interface AuditedAction {
  readonly action: string;
  readonly object: string | null;
}

/** Who did it, by which request. */
export interface Actor {
  readonly key: ApiKey;
  readonly req: Pick<Request, 'ip' | 'socket'>;
  readonly res: Pick<Response, 'locals'>;
}

export interface AuditTrailParts {
  readonly store: Pick<AuditStore, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The longest name of an object that is kept, in characters. */
const MAX_OBJECT_LENGTH = 200;

/** Writes the actions of admins down before they are answered. */
export class AuditTrail {
  readonly #parts: AuditTrailParts;

  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the action, which was carried out, is in the audit log. @throws Unavailable where it can't be
   * written: the action is not acknowledged then, and the log of the service has it in its place.
   */
  async done(actor: Actor, action: AuditedAction): Promise<void> {
    const entry = this.#entry(actor, action, 'done');
    try {
      await this.#parts.store.add(entry);
    } catch (error) {
      this.#unwritten(entry, error);
      const message = `${entry.action} was carried out, but could not be written in the audit log`;
      throw new Unavailable({ error: 'audit_not_written', message }, 5);
    }
  }

  /**
   * Writes an action down that broke off, if it may have been done in part: what is refused changes nothing. Never
   * rejects: it is the error of the action that is answered.
   */
  async failed(actor: Actor, action: AuditedAction, error: unknown): Promise<void> {
    if (refuses(error)) return;
    const entry = this.#entry(actor, action, 'failed');
    await this.#parts.store.add(entry).catch((reason: unknown) => this.#unwritten(entry, reason));
  }

  #entry({ key, req, res }: Actor, { action, object }: AuditedAction, outcome: AuditOutcome): AuditEntry {
    const { requestId } = res.locals;
    return {
      at: this.#parts.clock.now(),
      holder: key.holder,
      keyName: key.name,
      address: exactAddress(req.ip, req.socket.remoteAddress),
      requestId: typeof requestId === 'string' ? requestId : null,
      action,
      object: object === null ? null : redactText(object).slice(0, MAX_OBJECT_LENGTH),
      outcome,
    };
  }

  #unwritten(entry: AuditEntry, error: unknown): void {
    this.#parts.logger.error('not written in the audit log', { entry, error });
  }
}

/** What says no before anything was done. */
const REFUSALS = [
  BadRequest,
  Conflict,
  Forbidden,
  InvalidInput,
  NotFound,
  TooLarge,
  TooMany,
  UnsupportedMedia,
] as const;

function refuses(error: unknown): boolean {
  return REFUSALS.some((refusal) => error instanceof refusal);
}
