import { useTranslation } from 'react-i18next';
import { useFormat } from '../../../i18n/format.js';
import styles from '../sources.module.css';
import { cronWords, nextTimes } from './cron.js';

/** How many of the next times are shown. */
const TIMES = 5;

/** When a source is next due. */
export function NextTime({ schedule }: { readonly schedule: string }) {
  const { i18n } = useTranslation();
  const format = useFormat();
  const [next] = nextTimes(schedule, 1, new Date());
  const words = cronWords(schedule, i18n.language) ?? schedule;
  if (!next) return words;
  return (
    <time dateTime={next.toISOString()} title={words}>
      {format.dateTime(next.toISOString())}
    </time>
  );
}

/** A schedule in words, with the next times; or what is wrong with it. */
export function ScheduleMeaning({ schedule }: { readonly schedule: string }) {
  const { t, i18n } = useTranslation();
  const words = cronWords(schedule, i18n.language);
  if (words === null) return <span className={styles.wrong}>{t('sources.schedule.wrong')}</span>;
  return (
    <div className={styles.meaning}>
      <span>{t('sources.schedule.utc', { words })}</span>
      <NextTimes schedule={schedule} />
    </div>
  );
}

/** The next times, in the time of this machine. */
function NextTimes({ schedule }: { readonly schedule: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const next = nextTimes(schedule, TIMES, new Date()).map((at) => at.toISOString());
  if (next.length === 0) return <span className={styles.wrong}>{t('sources.schedule.never')}</span>;
  return (
    <div>
      <span className={styles.quiet}>{t('sources.schedule.next')}</span>
      <ol className={styles.times}>
        {next.map((at) => (
          <li key={at}>
            <time dateTime={at}>{format.dateTime(at)}</time>
          </li>
        ))}
      </ol>
    </div>
  );
}
