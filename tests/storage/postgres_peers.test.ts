import { peerStoreContract } from '../contracts/peer_store.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';

const describe = await describeWithServer();

describe('channels and resolves of sessions in PostgreSQL', () => peerStoreContract(makePostgresStores));
