import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../../api/client.js';
import { ApiError } from '../../../api/errors.js';
import { outdated } from '../../../api/queries.js';
import { FormDialog } from '../../../components/dialog.js';
import { toast } from '../../../components/toasts.js';
import { CurrentLimits } from './current_limits.js';

/** A limit as it is typed, by the names of the API. */
interface Typed {
  readonly tag: string;
  readonly max_uses_per_day: string;
  readonly ramp_days: string;
}

const INITIAL: Typed = { tag: '', max_uses_per_day: '100', ramp_days: '0' };

type Wrong = Partial<Record<keyof Typed, string>>;

/** How often sessions with a tag may be leased in a day. */
export function LimitsDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { field, save } = useLimitForm();
  return (
    <FormDialog
      title={t('sessions.limits.title')}
      action={t('common.save')}
      cancel={t('common.close')}
      onSubmit={save}
      onClose={onClose}
    >
      <p>{t('sessions.limits.text')}</p>
      <CurrentLimits />
      <TextInput data-autofocus aria-required label={t('sessions.limits.tag')} {...field('tag')} />
      <TextInput
        mt="sm"
        inputMode="numeric"
        label={t('sessions.limits.uses')}
        {...field('max_uses_per_day')}
      />
      <TextInput
        mt="sm"
        inputMode="numeric"
        label={t('sessions.limits.days')}
        description={t('sessions.limits.daysHint')}
        {...field('ramp_days')}
      />
    </FormDialog>
  );
}

/** What is typed, what is wrong with it, and saving it: the dialog stays open for the next one. */
function useLimitForm() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(INITIAL);
  const [wrong, setWrong] = useState<Wrong>({});
  const save = async () => {
    const tag = typed.tag.trim();
    const missing: Wrong = {
      ...(tag === '' && { tag: t('common.required') }),
      ...(!isWhole(typed.max_uses_per_day, 1) && { max_uses_per_day: t('common.wholeNumber', { min: 1 }) }),
      ...(!isWhole(typed.ramp_days, 0) && { ramp_days: t('common.wholeNumber', { min: 0 }) }),
    };
    setWrong(missing);
    if (Object.keys(missing).length > 0) return false;
    const body = { max_uses_per_day: Number(typed.max_uses_per_day), ramp_days: Number(typed.ramp_days) };
    try {
      await send('put', '/tags/{tag}/limits', { path: { tag }, body });
      outdated('sessions', 'status');
      toast(t('sessions.limits.saved', { tag }));
      setTyped((now) => ({ ...now, tag: '' }));
    } catch (error) {
      if (!(error instanceof ApiError) || Object.keys(error.issues).length === 0) throw error;
      setWrong(error.issues);
    }
    return false;
  };
  const field = (name: keyof Typed) => ({
    value: typed[name],
    error: wrong[name],
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
      const { value } = currentTarget;
      setTyped((now) => ({ ...now, [name]: value }));
    },
  });
  return { field, save };
}

function isWhole(text: string, min: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= min;
}
