import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { type Answer, get } from '../../../api/client.js';
import { queryClient } from '../../../api/queries.js';
import type { Session } from '../../../api/sessions.js';
import { Badge } from '../../../components/badge.js';
import { CopyButton } from '../../../components/copy_button.js';
import { Panel } from '../../../components/page.js';
import { Problem } from '../../../components/problem.js';
import { useFormat } from '../../../i18n/format.js';
import styles from '../sessions.module.css';

type Channel = Answer<'get', '/sessions/{id}/channels'>[number];

const PART = 100;

/** The channels and groups that a session is in, each of which can become a source. */
export function SessionChannels({ session: { id } }: { readonly session: Session }) {
  const { t } = useTranslation();
  const [isAsked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['channels', id],
    queryFn: ({ signal }) => get('/sessions/{id}/channels', { path: { id }, signal }),
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const again = useQuery({
    queryKey: ['channels', id, 'refresh'],
    async queryFn({ signal }) {
      const path = { id };
      const fresh = await get('/sessions/{id}/channels', { path, query: { refresh: true }, signal });
      queryClient.setQueryData(['channels', id], fresh);
      return fresh;
    },
    enabled: false,
  });
  const problem = again.error ?? error;
  return (
    <Panel
      title={t('sessions.channels.title')}
      actions={
        data && (
          <Button variant="default" size="xs" loading={again.isFetching} onClick={() => void again.refetch()}>
            {t('sessions.channels.refresh')}
          </Button>
        )
      }
    >
      {!data && <p>{t('sessions.channels.text')}</p>}
      {problem && <Problem error={problem} onRetry={() => (data ? again.refetch() : refetch())} />}
      {!data && (
        <Button
          variant="default"
          loading={isFetching}
          onClick={() => (isAsked ? void refetch() : setAsked(true))}
        >
          {t('sessions.channels.show')}
        </Button>
      )}
      {data && <ChannelList channels={data} sessionId={id} />}
    </Panel>
  );
}

function ChannelList({
  channels,
  sessionId,
}: {
  readonly channels: readonly Channel[];
  readonly sessionId: number;
}) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState('');
  const [limit, setLimit] = useState(PART);
  if (channels.length === 0) return <p>{t('sessions.channels.none')}</p>;
  const matching = channels.filter((channel) => textOf(channel).includes(wanted.trim().toLowerCase()));
  return (
    <>
      <TextInput
        type="search"
        label={t('sessions.channels.filter')}
        value={wanted}
        onChange={({ currentTarget }) => setWanted(currentTarget.value)}
      />
      <output className={styles.quiet}>
        {wanted
          ? `${matching.length} / ${channels.length}`
          : t('sessions.channels.total', { count: channels.length })}
      </output>
      <ul className={styles.channels}>
        {matching.slice(0, limit).map((channel) => (
          <ChannelRow key={String(channel.id)} channel={channel} sessionId={sessionId} />
        ))}
      </ul>
      {matching.length === 0 && <p>{t('common.nothingFound')}</p>}
      {matching.length > limit && (
        <Button mt="sm" variant="default" size="xs" onClick={() => setLimit(matching.length)}>
          {t('common.showMore', { count: matching.length - limit })}
        </Button>
      )}
    </>
  );
}

function textOf({ title, username, description, id }: Channel): string {
  return [title, username && `@${username}`, description, String(id)].filter(Boolean).join(' ').toLowerCase();
}

function ChannelRow({ channel, sessionId }: { readonly channel: Channel; readonly sessionId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [, navigate] = useLocation();
  const {
    id,
    username,
    title,
    participants_count: members,
    is_private,
    is_broadcast,
    is_megagroup,
  } = channel;
  const kind = is_broadcast ? 'channel' : is_megagroup ? 'supergroup' : 'group';
  const name = username ? `@${username}` : String(id);
  const add = () => navigate(`/sources?${prefilled(channel, sessionId)}`);
  return (
    <li className={styles.channel}>
      <div>
        <strong>{title}</strong>
        <div className={styles.quiet}>
          {name} <CopyButton value={name} what={name} />
          {members !== null &&
            t('sessions.channels.members', { count: members, formatted: format.number(members) })}
        </div>
      </div>
      <Badge tone="calm">{t(`sessions.channels.${kind}`)}</Badge>
      <Badge tone={is_private ? 'warn' : 'good'}>
        {t(is_private ? 'sessions.channels.private' : 'sessions.channels.public')}
      </Badge>
      <Button size="xs" variant="light" aria-label={t('sessions.channels.addNamed', { title })} onClick={add}>
        {t('sessions.channels.add')}
      </Button>
    </li>
  );
}

/** What the form for a new source begins with. */
function prefilled({ id, username, title, is_private }: Channel, sessionId: number): URLSearchParams {
  return new URLSearchParams({
    new: is_private ? 'private' : 'public',
    identifier: username ? `@${username}` : String(id),
    title,
    ...(is_private && { session: String(sessionId) }),
  });
}
