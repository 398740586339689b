import { describe } from '@jest/globals';
import { guarding } from './login_guard.js';
import { obstacles } from './login_obstacles.js';
import { replacing } from './login_replaces.js';
import { saving } from './login_saves.js';
import { steps } from './login_steps.js';
import type { MakeStores } from './stores.js';

/** What every driver's LoginStore must do. */
export function loginStoreContract(make: MakeStores): void {
  describe('logins under way', () => steps(make));
  describe('obstacles', () => obstacles(make));
  describe('saved logins', () => saving(make));
  describe('logins anew', () => replacing(make));
  describe('auth keys of logins', () => guarding(make));
}
