import { prefectStoreContract } from '../contracts/prefect_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('what Prefect is told, in PostgreSQL', () => prefectStoreContract(makePostgresStores));
