import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Run } from '../../api/runs.js';
import { Badge, type Tone } from '../../components/badge.js';
import { Problem } from '../../components/problem.js';
import { useFormat } from '../../i18n/format.js';
import { type Level, type Log, MAX_ENTRIES, useLog } from './log_entries.js';
import styles from './runs.module.css';

/** So many of the newest entries are shown at first, and more on request. */
const PART = 300;

const LEVELS: Readonly<Record<string, readonly Level[]>> = {
  all: [],
  warning: ['warning', 'error'],
  error: ['error'],
};

const TONES = { info: 'calm', warning: 'warn', error: 'bad' } as const satisfies Record<Level, Tone>;

/** The log of a run, which is followed while it goes on; by level and text. */
export function RunLog({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const [level, setLevel] = useState('all');
  const [typed, setTyped] = useState('');
  const [most, setMost] = useState(PART);
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data, error, refetch } = useLog(run, { levels: LEVELS[level] ?? [], q }, most);
  const showMore = () => setMost(Math.min((data?.entries.length ?? 0) + PART, MAX_ENTRIES));
  return (
    <div className={styles.logPart}>
      <search className={styles.logTools}>
        <TextInput
          data-search
          type="search"
          aria-label={t('runs.log.search')}
          placeholder={t('runs.log.search')}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <NativeSelect
          aria-label={t('runs.log.level')}
          value={level}
          data={[
            { value: 'all', label: t('runs.log.allLevels') },
            { value: 'warning', label: t('runs.log.warnings') },
            { value: 'error', label: t('runs.log.errors') },
          ]}
          onChange={({ currentTarget }) => setLevel(currentTarget.value)}
        />
        {data && <output className={styles.quiet}>{t('runs.log.entries', { count: data.total })}</output>}
      </search>
      {error && <Problem error={error} onRetry={refetch} />}
      {data && <Lines log={data} onMore={showMore} isNarrowed={q !== '' || level !== 'all'} />}
    </div>
  );
}

interface LinesProps {
  readonly log: Log;
  readonly onMore: () => void;
  readonly isNarrowed: boolean;
}

/** How near its end the log counts as being at its end, in pixels. */
const NEAR_END = 8;

function Lines({ log: { entries, total }, onMore, isNarrowed }: LinesProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const newest = entries.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it moves when an entry was added
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [newest, isFollowing]);
  const scrolled = () => {
    const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = box.current ?? {};
    setFollowing(scrollTop + clientHeight >= scrollHeight - NEAR_END);
  };
  if (entries.length === 0) return <p>{t(isNarrowed ? 'common.nothingFound' : 'runs.log.none')}</p>;
  return (
    <div className={styles.logFrame}>
      <div
        ref={box}
        className={styles.log}
        role="log"
        aria-live="off"
        aria-label={t('runs.log.title')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scrolled}
      >
        {total > entries.length && <Earlier shown={entries.length} total={total} onMore={onMore} />}
        {entries.map(({ id, at, level, message }) => (
          <div key={id} className={styles.line} data-level={level}>
            <time dateTime={at} title={format.dateTime(at)}>
              {format.time(at)}
            </time>
            {level === 'info' ? <span /> : <Badge tone={TONES[level]}>{t(`runs.log.levels.${level}`)}</Badge>}
            <span className={styles.message}>{message}</span>
          </div>
        ))}
      </div>
      {!isFollowing && (
        <Button className={styles.toEnd} size="compact-sm" onClick={() => setFollowing(true)}>
          {t('runs.log.toEnd')}
        </Button>
      )}
    </div>
  );
}

interface EarlierProps {
  readonly shown: number;
  readonly total: number;
  readonly onMore: () => void;
}

/** The way to earlier entries: more of them, or a search once there are too many. */
function Earlier({ shown, total, onMore }: EarlierProps) {
  const { t } = useTranslation();
  const format = useFormat();
  if (shown >= MAX_ENTRIES) return <p>{t('runs.log.newest', { formatted: format.number(shown) })}</p>;
  return (
    <Button size="compact-sm" variant="default" onClick={onMore}>
      {t('runs.log.earlier', { count: total - shown })}
    </Button>
  );
}
