import { BadRequest } from '../kernel/errors.js';

/** The application that calls Telegram for an account: `api_id` and `api_hash` of my.telegram.org. */
export interface Application {
  readonly apiId: number;
  readonly apiHash: string;
}

/** The application that a request names, if it names one. */
export interface GivenApplication {
  readonly apiId?: number | undefined;
  readonly apiHash?: string | undefined;
}

/** Chooses the application that calls Telegram. @throws BadRequest where none is known. */
export type ChooseApplication = (given: GivenApplication) => Application;

/** The application that a request names, else the configured one. */
export function applicationChooser(apiId: number | null, apiHash: string | null): ChooseApplication {
  return (given) => {
    if (given.apiId !== undefined && given.apiHash !== undefined)
      return { apiId: given.apiId, apiHash: given.apiHash };
    if (given.apiId !== undefined || given.apiHash !== undefined) {
      const lacking = given.apiId === undefined ? 'api_id' : 'api_hash';
      throw new BadRequest(`${lacking}: api_id and api_hash belong together, send both or neither`, {
        code: 'application_incomplete',
        field: lacking,
      });
    }
    if (apiId !== null && apiHash !== null) return { apiId, apiHash };
    throw new BadRequest(
      'api_id and api_hash are needed: send both, or set TELEGRAM_API_ID and TELEGRAM_API_HASH (from my.telegram.org)',
      { code: 'application_required', field: 'api_id' },
    );
  };
}
