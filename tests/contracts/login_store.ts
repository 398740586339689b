import { describe } from '@jest/globals';
import { conflicts } from './login_conflicts.js';
import { guarding } from './login_guard.js';
import { replacing } from './login_replaces.js';
import { saving } from './login_saves.js';
import { steps } from './login_steps.js';
import type { MakeStores } from './stores.js';

/** What every driver's LoginStore must do. */
export function loginStoreContract(make: MakeStores): void {
  describe('pending logins', () => steps(make));
  describe('conflicts', () => conflicts(make));
  describe('saved logins', () => saving(make));
  describe('repeated logins', () => replacing(make));
  describe('auth keys of logins', () => guarding(make));
}
