import { randomBytes } from 'node:crypto';
import type { PrefectInstallation } from '../../tests/prefect/installation.js';
import type { PostgresPrograms } from '../postgres_programs.js';
import { PostgresServer } from '../postgres_server.js';
import { DataCentres } from '../scraping/data_centres.js';
import { Scraper } from '../scraping/scraper.js';
import type { Workplace } from '../workplace.js';
import { AUTH_STRING, PrefectServer } from './prefect_server.js';
import { PrefectView } from './prefect_view.js';

/** The programs that are needed beside this project. */
export interface Programs {
  readonly postgres: PostgresPrograms;
  readonly prefect: PrefectInstallation;
}

/** What a service differs in from the others. */
export interface ServiceOptions {
  /** Where Prefect is; null: it uses its own engine. */
  readonly prefectUrl: string | null;
  /** Its own, or shared with others of the same name. */
  readonly database: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Data centres, PostgreSQL, a Prefect server, and services that use them. */
export class Site {
  readonly place: Workplace;
  readonly centres: DataCentres;
  readonly postgres: PostgresServer;
  readonly prefect: PrefectServer;
  readonly view: PrefectView;
  readonly #encryptionKey = randomBytes(32).toString('hex');
  readonly #databases = new Set<string>();
  #services = 0;

  private constructor(
    place: Workplace,
    centres: DataCentres,
    postgres: PostgresServer,
    prefect: PrefectServer,
  ) {
    this.place = place;
    this.centres = centres;
    this.postgres = postgres;
    this.prefect = prefect;
    this.view = new PrefectView(prefect.apiUrl);
  }

  static async open(place: Workplace, programs: Programs): Promise<Site> {
    const postgres = await PostgresServer.start(place, programs.postgres);
    const prefect = await PrefectServer.start(place, programs.prefect, postgres);
    await place.makeDirectory('nas');
    return new Site(place, await DataCentres.start(place), postgres, prefect);
  }

  /** Where every service stores. */
  get target(): string {
    return `${this.place.directory}/nas`;
  }

  /** Starts a service; the first one of each database has the session files. */
  async startService({ prefectUrl, database, settings = {} }: ServiceOptions): Promise<Scraper> {
    const isFirst = !this.#databases.has(database);
    this.#databases.add(database);
    if (isFirst) await this.postgres.sql(`CREATE DATABASE ${database}`);
    this.#services += 1;
    const own = `${this.place.directory}/service${this.#services}`;
    return Scraper.start(this.place, this.centres, {
      DATA_DIR: own,
      SESSIONS_DIR: await this.place.makeDirectory(`sessions_${database}`),
      SESSIONS_SYNC: isFirst ? 'on' : 'off',
      DATABASE_URL: this.postgres.url(database),
      ENCRYPTION_KEYS: this.#encryptionKey,
      NAS_ROOT: this.target,
      ...(prefectUrl !== null && { PREFECT_API_URL: prefectUrl, PREFECT_API_AUTH_STRING: AUTH_STRING }),
      ...settings,
    });
  }
}
