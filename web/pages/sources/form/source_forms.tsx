import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import { changeSource, type Source } from '../../../api/sources.js';
import { toast } from '../../../components/toasts.js';
import { SourceForm } from './source_form.js';
import { changeBody, EMPTY, newBody, type Prefilled, type SourceValues, valuesOf } from './source_values.js';

interface NewSourceProps {
  readonly prefilled: Prefilled;
  readonly onClose: () => void;
}

/** The form for a new source; its page is opened once it is made. */
export function NewSource({ prefilled, onClose }: NewSourceProps) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [initial] = useState<SourceValues>(() => ({ ...EMPTY, ...prefilled, name: prefilled.channel_title }));
  const save = async (values: SourceValues) => {
    const { id, name } = await send('post', '/sources', { body: newBody(values) });
    outdated('sources', 'runs');
    toast(t(values.at_once ? 'sources.done.added' : 'sources.done.addedPaused', { name }));
    navigate(`/sources/${id}`, { replace: true });
    return false;
  };
  return (
    <SourceForm
      title={t('sources.form.add')}
      action={t('sources.form.addAction')}
      draftName={`source.new.${prefilled.identifier}`}
      initial={initial}
      before={null}
      save={save}
      onClose={onClose}
    />
  );
}

interface EditSourceProps {
  readonly source: Source;
  readonly onClose: () => void;
}

/** The form for a source that exists. */
export function EditSource({ source, onClose }: EditSourceProps) {
  const { t } = useTranslation();
  const [initial] = useState(() => valuesOf(source));
  const save = async (values: SourceValues) => {
    const change = changeBody(initial, values);
    if (!change) return true;
    await changeSource(source.id, change);
    toast(t('sources.done.saved'));
    return true;
  };
  return (
    <SourceForm
      title={t('sources.form.edit', { name: source.name })}
      action={t('common.save')}
      draftName={`source.edit.${source.id}`}
      initial={initial}
      before={source}
      save={save}
      onClose={onClose}
    />
  );
}
