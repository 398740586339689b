import { readdirSync, readFileSync } from 'node:fs';
import { createInstance } from 'i18next';

export type Language = 'en' | 'ru';

/** The text of the console with this key, such as `accounts.save`. */
export type Words = (key: string, values?: Readonly<Record<string, unknown>>) => string;

/** The texts of the console in a language; a key that has none is an error. */
export async function wordsIn(language: Language): Promise<Words> {
  const translation = Object.fromEntries(
    readdirSync(`web/i18n/${language}`).map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(`web/i18n/${language}/${file}`, 'utf8')),
    ]),
  );
  const texts = createInstance({
    ...{ lng: language, fallbackLng: false, interpolation: { escapeValue: false } },
    resources: { [language]: { translation } },
  });
  await texts.init();
  return (key, values = {}) => {
    if (!texts.exists(key, values)) throw new Error(`no text ${key} in ${language}`);
    return texts.t(key, values);
  };
}
