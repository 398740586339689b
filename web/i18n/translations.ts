import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

/** The languages of the console, by the names that their speakers know. */
export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOSEN = 'telegate.language';

/** One file a language: the texts of most pages are smaller than the requests for them. */
const LOADERS = {
  en: () => import('./en.js').then(({ en }) => en),
  ru: () => import('./ru.js').then(({ ru }) => ru),
};

/** Texts that only one page shows, and that are large. */
const OF_PAGES = {
  settings: { en: () => import('./en/settings.json'), ru: () => import('./ru/settings.json') },
};
type PageWithTexts = keyof typeof OF_PAGES;

/** The pages whose texts were loaded. */
const opened = new Set<PageWithTexts>();

/** The language that was chosen, else the first of the browser's that there is, else English. */
function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(CHOSEN) ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2));
  return wanted.find(isLanguage) ?? 'en';
}

/** Loads the texts of the preferred language. */
export async function loadTranslations(): Promise<void> {
  const language = preferredLanguage();
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: await LOADERS[language]() } },
    fallbackLng: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
}

/** Loads what only this page shows, in the language that is shown. */
export async function loadTextsOf(page: PageWithTexts): Promise<void> {
  opened.add(page);
  await addTextsOf(page, isLanguage(i18next.language) ? i18next.language : 'en');
}

async function addTextsOf(page: PageWithTexts, language: Language): Promise<void> {
  const { default: texts } = await OF_PAGES[page][language]();
  i18next.addResourceBundle(language, 'translation', { [page]: texts }, true, true);
}

/** Shows everything in this language, from now on and on the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  i18next.addResourceBundle(language, 'translation', await LOADERS[language]());
  for (const page of opened) await addTextsOf(page, language);
  await i18next.changeLanguage(language);
  localStorage.setItem(CHOSEN, language);
  document.documentElement.lang = language;
}

function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}
