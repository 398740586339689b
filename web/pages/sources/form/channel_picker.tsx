import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../../api/client.js';
import { Problem } from '../../../components/problem.js';

interface ChannelPickerProps {
  readonly sessionId: number;
  readonly onPick: (channel: { readonly identifier: string; readonly title: string }) => void;
}

/** The channels that the session is in, for choosing one of them. */
export function ChannelPicker({ sessionId, onPick }: ChannelPickerProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<number | null>(null);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['channels', sessionId],
    queryFn: ({ signal }) => get('/sessions/{id}/channels', { path: { id: sessionId }, signal }),
    enabled: asked === sessionId,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) {
    const ask = () => (asked === sessionId ? void refetch() : setAsked(sessionId));
    return (
      <div>
        {error && <Problem error={error} />}
        <Button size="compact-sm" variant="default" loading={isFetching} onClick={ask}>
          {t('sources.form.chooseChannel')}
        </Button>
      </div>
    );
  }
  return (
    <Select
      label={t('sources.form.itsChannels')}
      searchable
      data={data.map(({ id, title }) => ({ value: String(id), label: title }))}
      nothingFoundMessage={t('common.nothingFound')}
      onChange={(chosen) => {
        const channel = data.find(({ id }) => String(id) === chosen);
        if (channel)
          onPick({
            identifier: channel.username ? `@${channel.username}` : String(channel.id),
            title: channel.title,
          });
      }}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  );
}
