import type { Logger } from 'winston';
import type { Actor, AuditedAction, AuditLog } from '../http/router.js';
import { exactAddress } from '../kernel/client_address.js';
import type { Clock } from '../kernel/clock.js';
import { TeleGateError, Unavailable } from '../kernel/errors.js';
import { redactText } from '../kernel/redact.js';
import type { AuditEntry, AuditOutcome, AuditStore } from './store.js';

export interface AuditTrailParts {
  readonly store: Pick<AuditStore, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The maximum length of an object's name, in characters. */
const MAX_OBJECT_LENGTH = 200;

/** Records the actions of admins before they are answered. */
export class AuditTrail implements AuditLog {
  readonly #parts: AuditTrailParts;

  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
  }

  /** An action that can't be recorded is not acknowledged: the service's own log holds it instead. */
  async done(actor: Actor, action: AuditedAction): Promise<void> {
    const entry = this.#entry(actor, action, 'done');
    try {
      await this.#parts.store.add(entry);
    } catch (error) {
      this.#logUnrecorded(entry, error);
      const message = `${entry.action} was done, but could not be recorded in the audit log`;
      throw new Unavailable({ error: 'audit_not_written', message }, 5);
    }
  }

  async failed(actor: Actor, action: AuditedAction, error: unknown): Promise<void> {
    if (isRefusal(error)) return;
    const entry = this.#entry(actor, action, 'failed');
    await this.#parts.store.add(entry).catch((reason: unknown) => this.#logUnrecorded(entry, reason));
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

  #logUnrecorded(entry: AuditEntry, error: unknown): void {
    this.#parts.logger.error('an action could not be recorded in the audit log', { entry, error });
  }
}

/** A request that is refused changes nothing; a service that fails may have done a part. */
function isRefusal(error: unknown): boolean {
  return error instanceof TeleGateError && error.status < 500;
}
