import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'wouter';
import { get } from '../../api/client.js';
import { holderName } from '../../api/holders.js';
import { useIsAdmin } from '../../api/identity.js';
import { furtherReason, proxyName, type Session } from '../../api/sessions.js';
import { isSessionState, StateBadge } from '../../components/badge.js';
import { onDemand } from '../../components/on_demand.js';
import { Fact, Facts, Page, Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { Ago, Left, When } from '../../components/time.js';
import type { en } from '../../i18n/en.js';
import { useFormat } from '../../i18n/format.js';
import { AccountPanel } from './account/account_panel.js';
import { MethodFlood } from './method_flood.js';
import { Tags } from './session_columns.js';
import { SessionHistory } from './session_history.js';
import { SessionMenu } from './session_menu.js';
import styles from './sessions.module.css';

const Channels = onDemand(async () => (await import('./channels/session_channels.js')).SessionChannels);

/** The renewals of a lease are told by no event: a leased session is asked for this often, in milliseconds. */
const ASK_MS = 5000;

/** One session: what it is, why it is not available, and what happened to it. */
export function SessionPage() {
  const { t } = useTranslation();
  const id = Number(useParams<{ id: string }>().id);
  const [, navigate] = useLocation();
  const isAdmin = useIsAdmin();
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', id],
    queryFn: ({ signal }) => get('/sessions/{id}', { path: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'leased' ? ASK_MS : false),
  });
  const above = (
    <nav>
      <Link to="/sessions">← {t('sessions.back')}</Link>
    </nav>
  );
  if (!data) {
    return (
      <Page title={`#${id}`} above={above}>
        {error && <Problem error={error} onRetry={refetch} />}
      </Page>
    );
  }
  return (
    <Page
      title={data.name}
      above={above}
      badge={<StateBadge state={data.status} />}
      actions={<SessionMenu session={data} onDeleted={() => navigate('/sessions')} />}
    >
      {error && <Problem error={error} onRetry={refetch} />}
      <WhyNotFree session={data} />
      <div className={styles.columns}>
        <div>
          <AccountPanel session={data} />
          <Panel title={t('sessions.page.facts')}>
            <SessionFacts session={data} />
          </Panel>
          {isAdmin && <Channels session={data} />}
        </div>
        <Panel title={t('sessions.page.history')}>
          <SessionHistory id={id} />
        </Panel>
      </div>
    </Page>
  );
}

/** States that only a person ends. */
const RED = ['dead', 'invalid', 'frozen'];

/** States in which a session works, or is busy working. */
const IN_ORDER = ['free', 'leased'];

function WhyNotFree({ session }: { readonly session: Session }) {
  const { t } = useTranslation();
  const { status, status_until } = session;
  if (IN_ORDER.includes(status) || !isSessionState(status)) return null;
  return (
    <Alert variant="light" color={RED.includes(status) ? 'red' : 'yellow'} mb="md">
      {t(`states.meaning.${status}`)} {furtherReason(session)}
      {status_until && status !== 'invalid' && (
        <>
          {' '}
          {t('states.timeLeft')} <Left until={status_until} />
        </>
      )}
    </Alert>
  );
}

function SessionFacts({ session }: { readonly session: Session }) {
  const { t } = useTranslation();
  const { last_used_at, last_checked_at, status_until, status, leased_at, holder, method_floods } = session;
  const term = (name: keyof typeof en.sessions.page) => t(`sessions.page.${name}`);
  return (
    <Facts>
      <Fact term={term('phone')}>{session.phone_number}</Fact>
      <Fact term={term('holder')}>
        {holder && (
          <>
            {holderName(session)} {leased_at && <Ago at={leased_at} />}
          </>
        )}
      </Fact>
      <Fact term={term('until')}>{status_until && status !== 'invalid' && <When at={status_until} />}</Fact>
      <Fact term={term('methodFloods')}>
        {method_floods.length > 0 &&
          method_floods.map((flood) => (
            <div key={flood.method}>
              <MethodFlood {...flood} />
            </div>
          ))}
      </Fact>
      <ResolveFacts id={session.id} />
      <Fact term={term('tags')}>
        {session.tags.length > 0 ? <Tags tags={session.tags} /> : term('noTags')}
      </Fact>
      <Fact term={term('proxy')}>{proxyName(session.proxy) || term('noProxy')}</Fact>
      <Fact term={term('lastUsed')}>{last_used_at ? <Ago at={last_used_at} /> : t('common.never')}</Fact>
      <Fact term={term('lastChecked')}>
        {last_checked_at ? <Ago at={last_checked_at} /> : t('common.never')}
      </Fact>
      <Fact term={term('file')}>{session.session_file}</Fact>
      <Fact term={term('format')}>{session.format}</Fact>
      <Fact term={term('application')}>{session.api_id}</Fact>
      <Fact term={term('created')}>
        <When at={session.created_at} />
      </Fact>
      <Fact term={term('updated')}>
        <When at={session.updated_at} />
      </Fact>
      <Fact term={term('id')}>{session.id}</Fact>
    </Facts>
  );
}

/** What a session resolves is told by no event: asked for this often, in milliseconds. */
const RESOLVES_MS = 15_000;

/** How many usernames it may still resolve, and how many channels it knows. */
function ResolveFacts({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, dataUpdatedAt } = useQuery({
    queryKey: ['sessions', id, 'resolves'],
    queryFn: ({ signal }) => get('/sessions/{id}/resolve-budget', { path: { id }, signal }),
    refetchInterval: RESOLVES_MS,
  });
  if (!data) return null;
  const { resolves_left: left, resolves_per_day: perDay, next_resolve_in: seconds, channels_known } = data;
  return (
    <>
      <Fact term={t('sessions.page.resolves')}>
        {t('sessions.resolvesLeft', { left: format.number(left), perDay: format.number(perDay) })}
        {left === 0 && seconds !== null && (
          <>
            {' · '}
            {t('sessions.nextResolve')}{' '}
            <Left until={new Date(dataUpdatedAt + seconds * 1000).toISOString()} />
          </>
        )}
      </Fact>
      <Fact term={t('sessions.page.channelsKnown')}>{format.number(channels_known)}</Fact>
    </>
  );
}
