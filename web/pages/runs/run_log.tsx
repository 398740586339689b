import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, getPage } from '../../api/client.js';
import { queryClient } from '../../api/queries.js';
import { isGoingOn, type Run } from '../../api/runs.js';
import { Badge, type Tone } from '../../components/badge.js';
import { Problem } from '../../components/problem.js';
import { useFormat } from '../../i18n/format.js';
import styles from './runs.module.css';

type Entry = Answer<'get', '/runs/{id}/logs'>[number];
type Level = Entry['level'];

/** Entries that match, oldest first: the newest of them, as far as they were asked for. */
interface Log {
  readonly entries: readonly Entry[];
  readonly total: number;
}

/** So many of the newest entries are shown at first, and more on request. */
const PART = 300;

const FOLLOW_MS = 2000;

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
  const [parts, setParts] = useState(1);
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data, error, refetch } = useLog(run, { level: LEVELS[level] ?? [], q }, parts * PART);
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
      {data && (
        <Lines log={data} onMore={() => setParts(parts + 1)} isNarrowed={q !== '' || level !== 'all'} />
      )}
    </div>
  );
}

interface Wanted {
  readonly level: readonly Level[];
  readonly q: string;
}

/** Only what was added since is asked for, unless more of the older ones are wanted. */
function useLog(run: Run, { level, q }: Wanted, most: number) {
  const key = ['runs', run.id, 'log', level, q, most] as const;
  const filter = { ...(level.length > 0 && { level: [...level] }), ...(q && { q }) };
  return useQuery({
    queryKey: key,
    async queryFn({ signal }): Promise<Log> {
      const known = queryClient.getQueryData<Log>(key);
      const last = known?.entries.at(-1);
      const path = { id: run.id };
      if (!known || !last) {
        const { rows, total } = await getPage('/runs/{id}/logs', {
          path,
          query: { ...filter, sort: '-id', limit: most },
          signal,
        });
        return { entries: rows.toReversed(), total };
      }
      const { rows } = await getPage('/runs/{id}/logs', {
        path,
        query: { ...filter, after: last.id, limit: 1000 },
        signal,
      });
      const total = known.total + rows.length;
      return rows.length === 0 ? known : { entries: [...known.entries, ...rows], total };
    },
    placeholderData: (before) => before,
    refetchInterval: isGoingOn(run) ? FOLLOW_MS : false,
  });
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
        {total > entries.length && (
          <Button size="compact-sm" variant="default" onClick={onMore}>
            {t('runs.log.earlier', { count: total - entries.length })}
          </Button>
        )}
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
