import { describe } from '@jest/globals';
import { prefectStoreContract } from '../contracts/prefect_store.js';
import { makeSqliteStores } from './databases.js';

describe('what Prefect is told, in SQLite', () => prefectStoreContract(makeSqliteStores));
