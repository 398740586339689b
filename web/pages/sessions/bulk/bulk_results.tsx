import { Alert, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { BulkAnswer } from '../../../api/bulk.js';
import { ApiError } from '../../../api/errors.js';
import { useProblem } from '../../../components/problem.js';
import { useFormat } from '../../../i18n/format.js';
import styles from '../sessions.module.css';

type BulkResult = BulkAnswer['results'][number];

interface BulkResultsProps {
  readonly answer: BulkAnswer;
  readonly onClose: () => void;
}

/** What became of each session: those with a problem by name. */
export function BulkResults({ answer, onClose }: BulkResultsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const notBegun = answer.results.filter(({ code }) => code === 'cancelled').length;
  const problems = answer.results.filter(
    ({ ok, is_valid, code }) => (!ok || is_valid === false) && code !== 'cancelled',
  );
  const done = format.number(answer.total - problems.length - notBegun);
  const failed = format.number(problems.length);
  return (
    <>
      <Alert color={problems.length + notBegun === 0 ? 'green' : 'yellow'} variant="light" role="status">
        {t(answer.action === 'test' ? 'bulk.tested' : 'bulk.done', { done, failed })}
        {notBegun > 0 && (
          <div>{t('bulk.notBegun', { count: notBegun, formatted: format.number(notBegun) })}</div>
        )}
      </Alert>
      {problems.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <ul className={styles.failures} aria-label={t('bulk.failed')} tabIndex={0}>
          {problems.map((result) => (
            <li key={result.session_id}>
              <Link to={`/sessions/${result.session_id}`}>#{result.session_id}</Link>{' '}
              <Reason result={result} />
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

/** Why it failed, in the words that the same action on this session alone is refused with. */
function Reason({ result }: { readonly result: BulkResult }) {
  const problem = useProblem();
  const { ok, code = '', detail = '', error, status, ...facts } = result;
  if (ok) return error ?? status;
  const { text, link } = problem(new ApiError(409, { code, detail: { ...facts, message: detail } }, null));
  return (
    <>
      {text} {link && <Link to={link.to}>{link.name}</Link>}
    </>
  );
}
