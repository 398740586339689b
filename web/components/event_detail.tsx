import { useFormat } from '../i18n/format.js';

/** What there is to say of an event; a flood wait in the units of the language. */
export function useEventDetail(): (detail: string) => string {
  const format = useFormat();
  return (detail) => detail.replace(/\b(\d+) s$/, (_, seconds) => format.duration(Number(seconds)));
}
