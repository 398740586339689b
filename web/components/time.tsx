import { createStore, useStore } from '../api/store.js';
import { useFormat } from '../i18n/format.js';

/** The time of this machine, in milliseconds, once a second. */
const now = createStore(Date.now());

setInterval(() => now.set(Date.now()), 1000);

/** The time of this machine, in milliseconds; the component is drawn again every second. */
export function useNow(): number {
  return useStore(now);
}

/** `3 minutes ago`, with the date and time on request. */
export function Ago({ at }: { readonly at: string }) {
  const format = useFormat();
  const current = useNow();
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {format.relative(at, current)}
    </time>
  );
}

/** A date and time, with how long ago on request. */
export function When({ at }: { readonly at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={at}>
      {format.dateTime(at)}
    </time>
  );
}

/** A date, with the time on request. */
export function Day({ at }: { readonly at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {format.date(at)}
    </time>
  );
}

/** What is left until then: `2h 15m`. */
export function Left({ until }: { readonly until: string }) {
  const format = useFormat();
  const current = useNow();
  return (
    <time dateTime={until} title={format.dateTime(until)}>
      {format.duration((Date.parse(until) - current) / 1000)}
    </time>
  );
}
