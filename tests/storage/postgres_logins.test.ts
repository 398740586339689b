import { loginStoreContract } from '../contracts/login_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('logins in PostgreSQL', () => loginStoreContract(makePostgresStores));
