import { accessStoreContract } from '../contracts/access_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('access in PostgreSQL', () => accessStoreContract(makePostgresStores));
