import { describe } from '@jest/globals';
import { peerStoreContract } from '../contracts/peer_store.js';
import { makeSqliteStores } from './databases.js';

describe('channels and resolves of sessions in SQLite', () => peerStoreContract(makeSqliteStores));
