import { builderOf, type Db } from './connection.js';
import type { Transactions } from './transaction.js';

/** Runs `work` in one transaction, from the start again if need be. Durable when it resolves. */
export type InTransaction = <Result>(work: (db: Db) => Promise<Result>) => Promise<Result>;

export function inTransaction(transactions: Transactions): InTransaction {
  return (work) => transactions.run((client) => work(builderOf(client)));
}
