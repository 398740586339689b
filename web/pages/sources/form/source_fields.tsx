import { Button, Checkbox, NativeSelect, PasswordInput, Radio, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { get } from '../../../api/client.js';
import type { Source, Target } from '../../../api/sources.js';
import styles from '../sources.module.css';
import { ChannelPicker } from './channel_picker.js';
import { ScheduleField } from './schedule_field.js';
import { SessionField } from './session_field.js';
import type { Field, FieldErrors, FoundChannel, SourceValues } from './source_values.js';

interface SourceFieldsProps {
  readonly values: SourceValues;
  readonly errors: FieldErrors;
  readonly set: (change: Partial<SourceValues>) => void;
  /** The source that is edited; null: it is a new one. */
  readonly before: Source | null;
  readonly found: FoundChannel | null;
  readonly isLooking: boolean;
  readonly onLookUp: () => unknown;
}

/** The fields of a source, as the form shows them. */
export function SourceFields(props: SourceFieldsProps) {
  const { values, errors, set, before } = props;
  const { t } = useTranslation();
  const isPrivate = values.access_level === 'private';
  return (
    <div className={styles.form}>
      <AccessField {...props} />
      {(isPrivate || before?.session_id != null) && (
        <SessionField
          value={values.session}
          isRequired={isPrivate}
          error={errors.session}
          onChange={(session) => set({ session })}
        />
      )}
      <ChannelField {...props} />
      {isPrivate && values.session !== '' && (
        <ChannelPicker
          sessionId={Number(values.session)}
          onPick={({ identifier, title }) =>
            set({ identifier, channel_title: title, ...(values.name === '' && { name: title }) })
          }
        />
      )}
      <div className={styles.pair}>
        <Text {...props} name="name" label={t('sources.form.name')} isRequired />
        <Text {...props} name="channel_title" label={t('sources.form.title')} isOptional />
      </div>
      <div className={styles.pair}>
        <TargetField {...props} />
        <Text
          {...props}
          name="target_path"
          label={t('sources.form.path')}
          description={t('sources.form.pathHint')}
          isOptional
        />
      </div>
      <FilesField {...props} />
      <ScheduleField
        value={values.schedule}
        error={errors.schedule}
        onChange={(schedule) => set({ schedule })}
      />
      {!before && (
        <Checkbox
          label={t('sources.form.atOnce')}
          description={t('sources.form.atOnceHint')}
          checked={values.at_once}
          onChange={({ currentTarget }) => set({ at_once: currentTarget.checked })}
        />
      )}
      <MoreFields {...props} />
    </div>
  );
}

/** Who reads it: any session, or one that is a member. */
function AccessField({ values, set }: SourceFieldsProps) {
  const { t } = useTranslation();
  return (
    <Radio.Group
      label={t('sources.form.access')}
      value={values.access_level}
      onChange={(level) => set({ access_level: level === 'private' ? 'private' : 'public', session: '' })}
    >
      <Radio
        value="public"
        label={t('sources.access.public')}
        description={t('sources.access.publicHint')}
        mt={6}
      />
      <Radio
        value="private"
        label={t('sources.access.private')}
        description={t('sources.access.privateHint')}
        mt={6}
      />
    </Radio.Group>
  );
}

interface TextProps extends SourceFieldsProps {
  readonly name: Exclude<Field, 'at_once'>;
  readonly label: string;
  readonly description?: string;
  readonly isRequired?: boolean;
  readonly isOptional?: boolean;
}

function Text({
  values,
  errors,
  set,
  name,
  label,
  description,
  isRequired = false,
  isOptional = false,
}: TextProps) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={isOptional ? `${label} (${t('common.optional')})` : label}
      description={description}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={values[name]}
      error={errors[name]}
      aria-required={isRequired}
      onChange={({ currentTarget }) => set({ [name]: currentTarget.value })}
    />
  );
}

/** The channel, and what Telegram knows of it once it was asked. */
function ChannelField({ values, errors, set, found, isLooking, onLookUp }: SourceFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <div className={styles.withButton}>
        <TextInput
          data-autofocus
          label={t('sources.form.channel')}
          placeholder="@channel"
          description={t('sources.form.channelHint')}
          inputWrapperOrder={['label', 'description', 'error', 'input']}
          autoCapitalize="none"
          spellCheck={false}
          aria-required
          value={values.identifier}
          error={errors.identifier}
          onChange={({ currentTarget }) => set({ identifier: currentTarget.value })}
        />
        <Button
          variant="default"
          loading={isLooking}
          disabled={values.identifier.trim() === ''}
          onClick={() => void onLookUp()}
        >
          {t('sources.form.lookUp')}
        </Button>
      </div>
      <output className={styles.found} hidden={!found}>
        {found && t('sources.form.found', { title: found.title })}
      </output>
    </>
  );
}

/** Only the targets that the service has; the one of an edited source stays in any case. */
function TargetField({ values, errors, set, before }: SourceFieldsProps) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['settings', 'targets'],
    queryFn: ({ signal }) => get('/sources/targets', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const configured = data?.map(({ target }) => target) ?? [values.target];
  const targets = before && !configured.includes(before.target) ? [...configured, before.target] : configured;
  const hint: ReactNode = data && data.length < 3 && (
    <>
      {t('sources.form.targetHint')} <Link to="/settings">{t('shell.pages.settings')}</Link>
    </>
  );
  return (
    <NativeSelect
      label={t('sources.form.target')}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={values.target}
      data={targets.map((value) => ({ value, label: t(`sources.target.${value}`) }))}
      error={errors.target}
      onChange={({ currentTarget }) => set({ target: currentTarget.value as Target })}
    />
  );
}

function FilesField(props: SourceFieldsProps) {
  const { values, set } = props;
  const { t } = useTranslation();
  return (
    <div className={styles.pair}>
      <NativeSelect
        label={t('sources.form.files')}
        value={values.files}
        data={[
          { value: 'all', label: t('sources.files.all') },
          { value: 'some', label: t('sources.files.some') },
          { value: 'none', label: t('sources.files.none') },
        ]}
        onChange={({ currentTarget }) => set({ files: currentTarget.value as SourceValues['files'] })}
      />
      {values.files === 'some' && (
        <Text
          {...props}
          name="file_types"
          label={t('sources.form.fileTypes')}
          description="pdf, zip, mp4"
          isRequired
        />
      )}
    </div>
  );
}

function MoreFields(props: SourceFieldsProps) {
  const { values, errors, set, before } = props;
  const { t } = useTranslation();
  const unchanged = before ? t('sources.form.unchanged') : undefined;
  const isWrong = Boolean(errors.api_id ?? errors.api_hash ?? errors.bot_token);
  const secret = (name: 'api_hash' | 'bot_token') => ({
    value: values[name],
    error: errors[name],
    placeholder: unchanged,
    autoComplete: 'off',
    visibilityToggleButtonProps: { 'aria-label': t('sources.form.reveal') },
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
      set({ [name]: currentTarget.value }),
  });
  return (
    <details className={styles.more} open={isWrong || undefined}>
      <summary>{t('sources.form.more')}</summary>
      <div className={styles.form}>
        <p>{t('sources.form.applicationHint')}</p>
        <div className={styles.pair}>
          <Text {...props} name="api_id" label="api_id" />
          <PasswordInput label="api_hash" {...secret('api_hash')} />
        </div>
        {values.access_level === 'public' && (
          <PasswordInput
            label={t('sources.form.bot')}
            description={t('sources.form.botHint')}
            {...secret('bot_token')}
          />
        )}
      </div>
    </details>
  );
}
