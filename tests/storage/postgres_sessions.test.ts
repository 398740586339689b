import { sessionStoreContract } from '../contracts/session_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('sessions in PostgreSQL', () => sessionStoreContract(makePostgresStores));
