import { Code, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Answer, get } from '../../api/client.js';
import { ApiError } from '../../api/errors.js';
import { Badge } from '../../components/badge.js';
import { Page, Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { Ago } from '../../components/time.js';
import { GROUPS, type Group, LINES, type SettingName } from './setting_groups.js';
import styles from './settings.module.css';

type Settings = Answer<'get', '/settings'>;
type Setting = Settings['settings'][number];

/** What the service runs with, and what it could do more. */
export function SettingsPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => get('/settings', { signal }),
  });
  return (
    <Page title={t('shell.pages.settings')} badge={data && <Version service={data.service} />}>
      <p className={styles.quiet}>{t('settings.text')}</p>
      {error && <Problem error={error} onRetry={refetch} />}
      <Health />
      {data && <Missing features={data.features} />}
      {data &&
        (Object.keys(GROUPS) as Group[]).map((group) => (
          <Panel key={group} title={t(`settings.group.${group}`)}>
            <GroupTable group={group} settings={data.settings} />
          </Panel>
        ))}
    </Page>
  );
}

function Version({
  service: { version, node, database, started_at },
}: {
  readonly service: Settings['service'];
}) {
  const { t } = useTranslation();
  const engine = database === 'sqlite' ? 'SQLite' : 'PostgreSQL';
  return (
    <span className={styles.quiet}>
      TeleGate {version} · Node.js {node} · {engine} · {t('settings.started')} <Ago at={started_at} />
    </span>
  );
}

const HEALTH_MS = 15_000;

/** Whether each part of the service works. */
function Health() {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['settings', 'ready'],
    queryFn: ({ signal }) => get('/ready', { signal }),
    refetchInterval: HEALTH_MS,
    retry: false,
  });
  const failed = error instanceof ApiError ? error.facts.reasons : null;
  const checks = Object.entries({ ...data?.checks, ...(typeof failed === 'object' ? failed : {}) });
  if (checks.length === 0) return null;
  return (
    <Panel title={t('settings.health')}>
      <ul className={styles.checks}>
        {checks.map(([name, reason]) => (
          <li key={name}>
            <Badge tone={reason === 'ok' ? 'good' : 'bad'}>
              {t(reason === 'ok' ? 'settings.works' : 'settings.fails')}
            </Badge>
            <span>{t(`settings.check.${name}` as 'settings.check.database', { defaultValue: name })}</span>
            {reason !== 'ok' && <span className={styles.quiet}>{String(reason)}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What is not configured, and how to configure it. */
function Missing({ features }: { readonly features: Settings['features'] }) {
  const { t } = useTranslation();
  const missing = features.filter(({ configured }) => !configured);
  if (missing.length === 0) return null;
  return (
    <Panel title={t('settings.missing')}>
      <p className={styles.quiet}>{t('settings.how')}</p>
      <div className={styles.features}>
        {missing.map(({ name }) => (
          <article key={name} aria-label={t(`settings.feature.${name}.title`)}>
            <h3>{t(`settings.feature.${name}.title`)}</h3>
            <p>{t(`settings.feature.${name}.text`)}</p>
            <Code block>{LINES[name].join('\n')}</Code>
          </article>
        ))}
      </div>
    </Panel>
  );
}

function GroupTable({ group, settings }: { readonly group: Group; readonly settings: readonly Setting[] }) {
  const { t } = useTranslation();
  const label = t(`settings.group.${group}`);
  return (
    <Table className={styles.table} aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('settings.name')}</Table.Th>
          <Table.Th>{t('settings.value')}</Table.Th>
          <Table.Th className={styles.meaning}>{t('settings.meaning')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {GROUPS[group].map((name) => (
          <SettingRow key={name} name={name} setting={settings.find((setting) => setting.name === name)} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function SettingRow({
  name,
  setting,
}: {
  readonly name: SettingName;
  readonly setting: Setting | undefined;
}) {
  const { t } = useTranslation();
  if (!setting) return null;
  const { value, is_secret, is_set, is_default } = setting;
  return (
    <Table.Tr>
      <Table.Td className={styles.name}>
        <code>{name}</code>
      </Table.Td>
      <Table.Td className={styles.value}>
        {value !== null && <span>{value}</span>}
        {value === null && (
          <span className={styles.quiet}>{t(is_secret && is_set ? 'settings.hidden' : 'settings.none')}</span>
        )}{' '}
        {!is_default && <Badge tone="busy">{t('settings.set')}</Badge>}
      </Table.Td>
      <Table.Td className={styles.meaning}>{t(`settings.of.${name}`)}</Table.Td>
    </Table.Tr>
  );
}
