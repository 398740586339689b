import { Alert, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { BulkAnswer } from '../../../api/bulk.js';
import { useFormat } from '../../../i18n/format.js';
import styles from '../sessions.module.css';

interface BulkResultsProps {
  readonly answer: BulkAnswer;
  readonly onClose: () => void;
}

/** What became of each session: those with a problem by name. */
export function BulkResults({ answer, onClose }: BulkResultsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const problems = answer.results.filter(({ ok, is_valid }) => !ok || is_valid === false);
  const done = format.number(answer.total - problems.length);
  const failed = format.number(problems.length);
  return (
    <>
      <Alert color={problems.length === 0 ? 'green' : 'yellow'} variant="light" role="status">
        {t(answer.action === 'test' ? 'bulk.tested' : 'bulk.done', { done, failed })}
      </Alert>
      {problems.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <ul className={styles.failures} aria-label={t('bulk.failed')} tabIndex={0}>
          {problems.map(({ session_id, code, detail, error, status }) => (
            <li key={session_id}>
              <Link to={`/sessions/${session_id}`}>#{session_id}</Link>{' '}
              {t(`problems.code.${code ?? ''}` as 'problems.code.session_in_use', {
                defaultValue: detail ?? error ?? status ?? '',
              })}
            </li>
          ))}
        </ul>
      )}
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>{t('common.close')}</Button>
      </Group>
    </>
  );
}
