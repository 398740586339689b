import { poolStoreContract } from '../contracts/pool_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('the pool in PostgreSQL', () => poolStoreContract(makePostgresStores));
