import { intakeStoreContract } from '../contracts/intake_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('session files in PostgreSQL', () => intakeStoreContract(makePostgresStores));
