import { runStoreContract } from '../contracts/run_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('runs in PostgreSQL', () => runStoreContract(makePostgresStores));
