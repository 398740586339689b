import 'i18next';
import type settings from './en/settings.json';
import type { en } from './en.js';

/** Keys of texts are checked by the compiler. */
declare module 'i18next' {
  interface CustomTypeOptions {
    readonly resources: { readonly translation: typeof en & { readonly settings: typeof settings } };
  }
}
