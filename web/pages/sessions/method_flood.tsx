import { useTranslation } from 'react-i18next';
import type { Session } from '../../api/sessions.js';
import { Left } from '../../components/time.js';

/** What a frozen account may not call counts as flooded for ten years: a flood longer than this is no other, in ms. */
const ENDLESS_MS = 5 * 365 * 86_400_000;

/** A method that a session may not call, and for how long. */
export function MethodFlood({ method, until }: Session['method_floods'][number]) {
  const { t } = useTranslation();
  const isEndless = Date.parse(until) - Date.now() > ENDLESS_MS;
  return (
    <>
      {method} {isEndless ? t('sessions.whileFrozen') : <Left until={until} />}
    </>
  );
}
