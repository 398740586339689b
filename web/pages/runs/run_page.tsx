import { Alert, Button, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams, useSearchParams } from 'wouter';
import { get, send } from '../../api/client.js';
import { useIsAdmin } from '../../api/identity.js';
import { outdated } from '../../api/queries.js';
import { isGoingOn, type Run } from '../../api/runs.js';
import { ConfirmDialog } from '../../components/dialog.js';
import { Icon } from '../../components/icons.js';
import { Fact, Facts, Page, Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { FileList } from '../../components/run/file_list.js';
import { RunBadge } from '../../components/run/run_badge.js';
import { RunProgress } from '../../components/run/run_progress.js';
import { Ago, When } from '../../components/time.js';
import { toast } from '../../components/toasts.js';
import { useFormat } from '../../i18n/format.js';
import { RunLog } from './run_log.js';

/** A run that goes on is asked for this often, besides events: the total is told by none. */
const ASK_MS = 2000;

/** One run: how far it is, its log and its files. */
export function RunPage() {
  const { t } = useTranslation();
  const id = Number(useParams<{ id: string }>().id);
  const { data, error, refetch } = useQuery({
    queryKey: ['runs', id],
    queryFn: ({ signal }) => get('/runs/{id}', { path: { id }, signal }),
    refetchInterval: ({ state }) => (state.data && isGoingOn(state.data) ? ASK_MS : false),
  });
  const above = (
    <nav>
      <Link to="/runs">← {t('runs.back')}</Link>
      {data && (
        <>
          {' · '}
          <Link to={`/sources/${data.source_id}`}>{data.source_name}</Link>
        </>
      )}
    </nav>
  );
  const title = t('runs.title', { id });
  if (!data) {
    return (
      <Page title={title} above={above}>
        {error && <Problem error={error} onRetry={refetch} />}
      </Page>
    );
  }
  return (
    <Page title={title} above={above} badge={<RunBadge run={data} />} actions={<RunActions run={data} />}>
      {error && <Problem error={error} onRetry={refetch} />}
      <StateInWords run={data} />
      <Panel title={t('runs.progress.title')}>
        <RunProgress run={data} />
      </Panel>
      <Panel title={t('runs.facts')}>
        <RunFacts run={data} />
      </Panel>
      <LogAndFiles run={data} />
    </Page>
  );
}

function RunActions({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const [isAsking, setAsking] = useState(false);
  const cancel = async () => {
    const { state } = await send('post', '/runs/{id}/cancel', { path: { id: run.id } });
    outdated('runs', 'sources');
    toast(t(state === 'cancelled' ? 'runs.cancelled' : 'runs.beingCancelled'));
  };
  return (
    <>
      {run.flow_run_url && (
        <Button
          component="a"
          href={run.flow_run_url}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<Icon name="link" size={16} />}
        >
          {t('runs.prefect')}
        </Button>
      )}
      {isAdmin && isGoingOn(run) && !run.cancel_requested && (
        <Button variant="default" onClick={() => setAsking(true)}>
          {t('runs.cancel')}
        </Button>
      )}
      {isAsking && (
        <ConfirmDialog
          isDangerous
          title={t('runs.cancelTitle', { id: run.id })}
          action={t('runs.cancel')}
          cancel={t('runs.keepRunning')}
          onConfirm={cancel}
          onClose={() => setAsking(false)}
        >
          <p>{t('runs.cancelText')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** What its state means, and why it is in it. */
function StateInWords({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const { state, error, waiting_since, not_before } = run;
  const color = state === 'failed' ? 'red' : state === 'waiting' || state === 'deferred' ? 'yellow' : null;
  const words = (
    <>
      {t(`runs.meaning.${state}`)} {state === 'waiting' && waiting_since && <Ago at={waiting_since} />}
      {state === 'deferred' && not_before && <Ago at={not_before} />}
      {error && <div>{error}</div>}
    </>
  );
  if (color === null) return <p>{words}</p>;
  return (
    <Alert variant="light" color={color} mb="md">
      {words}
    </Alert>
  );
}

function RunFacts({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Facts>
      <Fact term={t('runs.column.reason')}>{t(`runs.reason.${run.reason}`)}</Fact>
      <Fact term={t('runs.column.session')}>{run.session_name}</Fact>
      <Fact term={t('runs.together')}>{run.sessions.length > 1 && format.list(run.sessions)}</Fact>
      <Fact term={t('runs.created')}>
        <When at={run.created_at} />
      </Fact>
      <Fact term={t('runs.column.started')}>{run.started_at && <When at={run.started_at} />}</Fact>
      <Fact term={t('runs.finished')}>{run.finished_at && <When at={run.finished_at} />}</Fact>
      <Fact term={t('runs.limit')}>{run.limit !== null && format.number(run.limit)}</Fact>
      <Fact term={t('runs.since')}>{run.since && <When at={run.since} />}</Fact>
      <Fact term={t('runs.fileTypes')}>
        {run.file_types && (run.file_types.length > 0 ? format.list(run.file_types) : t('common.none'))}
      </Fact>
      <Fact term={t('runs.skipped')}>{run.files_skipped > 0 && format.number(run.files_skipped)}</Fact>
    </Facts>
  );
}

/** The tab is in the address; each has its own search there. */
function LogAndFiles({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') === 'files' ? 'files' : 'log';
  const open = (next: string | null) =>
    setParams(next === 'files' ? { tab: 'files' } : {}, { replace: true });
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="log">{t('runs.log.title')}</Tabs.Tab>
        <Tabs.Tab value="files">{t('runs.files.title')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="log">
        <RunLog run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="files">
        <FileList of="/runs/{id}/files" id={run.id} />
      </Tabs.Panel>
    </Tabs>
  );
}
