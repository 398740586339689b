import { describe } from '@jest/globals';
import { edits } from './session_edits.js';
import { knowledge } from './session_knowledge.js';
import { lists } from './session_lists.js';
import { leaving } from './session_removals.js';
import { renaming } from './session_renames.js';
import type { MakeStores } from './stores.js';

/** What every driver's SessionStore must do. */
export function sessionStoreContract(make: MakeStores): void {
  describe('sessions', () => knowledge(make));
  describe('lists of sessions', () => lists(make));
  describe('edited sessions', () => edits(make));
  describe('renamed sessions', () => renaming(make));
  describe('removed sessions', () => leaving(make));
}
