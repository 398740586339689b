import type { RunContext } from '../reader.js';
import type { RunRecords } from '../service_ports.js';

export interface SavedReadersParts {
  readonly runs: Pick<RunRecords, 'saveSessions'>;
  /** Called when a run has changed. */
  readonly onChanged: (runId: number) => void;
}

/** Who reads for a run, as it is saved with the run and said in its log. */
export class SavedReaders {
  readonly #run: Pick<RunContext['run'], 'id' | 'owner'>;
  readonly #log: RunContext['log'];
  readonly #parts: SavedReadersParts;
  #saved: Promise<void> = Promise.resolve();

  constructor(
    run: Pick<RunContext['run'], 'id' | 'owner'>,
    log: RunContext['log'],
    { runs, onChanged }: SavedReadersParts,
  ) {
    this.#run = run;
    this.#log = log;
    this.#parts = { runs, onChanged };
  }

  /**
   * Saves that these read now, and logs `what` has changed. In the order of the calls: over several connections, an
   * earlier list could come last. Never rejects.
   */
  save(what: string, names: readonly string[]): Promise<void> {
    this.#saved = this.#saved.then(() => this.#save(what, names));
    return this.#saved;
  }

  async #save(what: string, names: readonly string[]): Promise<void> {
    const { id, owner } = this.#run;
    // The end of the run says so, too.
    await this.#parts.runs.saveSessions(id, owner, names).catch(() => undefined);
    await this.#log('info', `${what}; ${names.length} sessions: ${names.join(', ')}`).catch(() => undefined);
    this.#parts.onChanged(id);
  }
}
