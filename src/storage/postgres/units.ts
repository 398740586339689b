import type { QueryConfig, QueryResultRow } from 'pg';
import type { News } from './news.js';
import type { Signals } from './signals.js';
import type { Transactions } from './transaction.js';
import { Unit } from './unit.js';

/** Runs transactions over sessions, and tells what they brought once it is so. */
export class Units {
  readonly #transactions: Transactions;
  readonly signals: Signals;

  constructor(transactions: Transactions, signals: Signals) {
    this.#transactions = transactions;
    this.signals = signals;
  }

  /** Runs `work` in one transaction, from the start again if need be. */
  async run<Result>(work: (unit: Unit) => Promise<Result>): Promise<Result> {
    const { result, news } = await this.#transactions.run(async (client) => {
      const unit = new Unit(client);
      return { result: await work(unit), news: await unit.finish((freed) => this.signals.freed(freed)) };
    });
    this.signals.committed(news);
    return result;
  }

  /** Runs one statement that changes nothing. */
  read<Row extends QueryResultRow>(query: QueryConfig): Promise<Row[]> {
    return this.#transactions.statement<Row>(query, 'reads');
  }

  /** Runs one statement; `news`: what its rows brought. */
  async statement<Row extends QueryResultRow>(
    query: QueryConfig,
    news: (rows: readonly Row[]) => News | null = () => null,
  ): Promise<Row[]> {
    const rows = await this.#transactions.statement<Row>(query);
    const told = news(rows);
    if (told) this.signals.committed(told);
    return rows;
  }
}
