import { describe } from '@jest/globals';
import { poolStoreContract } from '../contracts/pool_store.js';
import { makeSqliteStores } from './databases.js';

describe('the pool in SQLite', () => poolStoreContract(makeSqliteStores));
