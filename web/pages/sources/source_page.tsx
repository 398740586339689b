import { Alert, Button, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams, useSearchParams } from 'wouter';
import { get } from '../../api/client.js';
import { useIsAdmin } from '../../api/identity.js';
import { isGoingOn } from '../../api/runs.js';
import type { Source } from '../../api/sources.js';
import { EmptyState } from '../../components/empty_state.js';
import { Icon } from '../../components/icons.js';
import { onDemand } from '../../components/on_demand.js';
import { Fact, Facts, Page, Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { FileList } from '../../components/run/file_list.js';
import { RunStateCell } from '../../components/run/run_badge.js';
import { RunList } from '../../components/run/run_list.js';
import { RunProgress } from '../../components/run/run_progress.js';
import { Ago, When } from '../../components/time.js';
import { useFormat } from '../../i18n/format.js';
import { SourceMenu, useSourceActions } from './source_actions.js';
import { AccessBadge, PausedBadge, placeOf, SessionLink, useFileTypes } from './source_words.js';
import styles from './sources.module.css';

const EditSource = onDemand(async () => (await import('./form/source_forms.js')).EditSource);
const ScheduleMeaning = onDemand(
  async () => (await import('./schedule/schedule_text.js')).ScheduleMeaning,
  ({ schedule }) => schedule,
);

/** One source: what it reads, with which session, its runs and its files. */
export function SourcePage() {
  const { t } = useTranslation();
  const id = Number(useParams<{ id: string }>().id);
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const isAdmin = useIsAdmin();
  const { data, error, refetch } = useQuery({
    queryKey: ['sources', id],
    queryFn: ({ signal }) => get('/sources/{id}', { path: { id }, signal }),
  });
  const above = (
    <nav>
      <Link to="/sources">← {t('sources.back')}</Link>
    </nav>
  );
  if (!data) {
    return (
      <Page title={t('sources.titleOf', { id })} above={above}>
        {error && <Problem error={error} onRetry={refetch} />}
      </Page>
    );
  }
  const edit = () => setParams((before) => new URLSearchParams([...before, ['edit', '1']]));
  const close = () =>
    setParams((before) => new URLSearchParams([...before].filter(([name]) => name !== 'edit')), {
      replace: true,
    });
  return (
    <Page
      title={data.name}
      above={above}
      badge={
        <>
          <AccessBadge level={data.access_level} />
          <PausedBadge source={data} />
        </>
      }
      actions={
        isAdmin && <SourceButtons source={data} onEdit={edit} onDeleted={() => navigate('/sources')} />
      }
    >
      {error && <Problem error={error} onRetry={refetch} />}
      <DeploymentProblem source={data} />
      <CurrentRun source={data} />
      <Panel title={t('sources.facts')}>
        <SourceFacts source={data} />
      </Panel>
      <RunsAndFiles source={data} />
      {isAdmin && params.has('edit') && <EditSource source={data} onClose={close} />}
    </Page>
  );
}

interface SourceButtonsProps {
  readonly source: Source;
  readonly onEdit: () => void;
  readonly onDeleted: () => void;
}

function SourceButtons({ source, onEdit, onDeleted }: SourceButtonsProps) {
  const { t } = useTranslation();
  const { run } = useSourceActions(source);
  return (
    <>
      <Button leftSection={<Icon name="runs" size={16} />} onClick={run}>
        {t('sources.action.run')}
      </Button>
      <Button variant="default" onClick={onEdit}>
        {t('common.edit')}
      </Button>
      <SourceMenu source={source} onEdit={onEdit} onDeleted={onDeleted} />
    </>
  );
}

function DeploymentProblem({ source: { deployment } }: { readonly source: Source }) {
  const { t } = useTranslation();
  if (!deployment || deployment.synchronised) return null;
  return (
    <Alert variant="light" color="yellow" mb="md">
      {t('sources.prefect.behind')} {deployment.error}
    </Alert>
  );
}

/** The run that goes on, as far as it is. */
function CurrentRun({ source: { last_run } }: { readonly source: Source }) {
  const { t } = useTranslation();
  const id = last_run && isGoingOn(last_run) ? last_run.id : null;
  const { data } = useQuery({
    queryKey: ['runs', id],
    queryFn: ({ signal }) => get('/runs/{id}', { path: { id: id ?? 0 }, signal }),
    enabled: id !== null,
    refetchInterval: 2000,
  });
  if (id === null || !data) return null;
  return (
    <Panel title={t('sources.current')} actions={<Link to={`/runs/${id}`}>{t('runs.named', { id })}</Link>}>
      <div className={styles.current}>
        <RunStateCell run={data} />
        <RunProgress run={data} />
      </div>
    </Panel>
  );
}

function SourceFacts({ source }: { readonly source: Source }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fileTypes = useFileTypes();
  const { schedule, deployment, identifier, last_scraped_at } = source;
  return (
    <Facts>
      <Fact term={t('sources.column.channel')}>
        {identifier.startsWith('@') ? (
          <a href={`https://t.me/${identifier.slice(1)}`} target="_blank" rel="noreferrer">
            {identifier}
          </a>
        ) : (
          identifier
        )}
        {source.channel_title && ` · ${source.channel_title}`}
      </Fact>
      <Fact term={t('sources.readWith')}>
        <SessionLink source={source} />
      </Fact>
      <Fact term={t('sources.storedIn')}>{placeOf(source)}</Fact>
      <Fact term={t('sources.files.title')}>{fileTypes(source.file_types)}</Fact>
      <Fact term={t('sources.schedule.title')}>
        {deployment?.schedule ??
          (schedule === null ? t('sources.onDemand') : <ScheduleMeaning schedule={schedule} />)}
      </Fact>
      <Fact term={t('sources.total')}>
        {t('sources.totalText', {
          messages: t('sources.messages', {
            count: source.total_messages_scraped,
            formatted: format.number(source.total_messages_scraped),
          }),
          files: t('sources.fileCount', {
            count: source.total_files_downloaded,
            formatted: format.number(source.total_files_downloaded),
          }),
        })}
      </Fact>
      <Fact term={t('sources.lastCompleted')}>
        {last_scraped_at ? <Ago at={last_scraped_at} /> : t('common.never')}
      </Fact>
      <Fact term="api_id">{source.api_id}</Fact>
      <Fact term="Prefect">
        {deployment?.url && (
          <a href={deployment.url} target="_blank" rel="noreferrer">
            {t('sources.prefect.open')}
          </a>
        )}
      </Fact>
      <Fact term={t('sources.created')}>
        <When at={source.created_at} />
      </Fact>
    </Facts>
  );
}

/** The tab is in the address; each has its own search there. */
function RunsAndFiles({ source: { id } }: { readonly source: Source }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') === 'files' ? 'files' : 'runs';
  const open = (next: string | null) =>
    setParams(next === 'files' ? { tab: 'files' } : {}, { replace: true });
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="runs">{t('shell.pages.runs')}</Tabs.Tab>
        <Tabs.Tab value="files">{t('runs.files.title')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="runs">
        <RunList
          sourceId={id}
          empty={
            <EmptyState title={t('sources.noRuns.title')}>
              <p>{t('sources.noRuns.text')}</p>
            </EmptyState>
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="files">
        <FileList of="/sources/{id}/files" id={id} />
      </Tabs.Panel>
    </Tabs>
  );
}
