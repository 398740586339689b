import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { EmptyState } from '../../components/empty_state.js';
import { Page } from '../../components/page.js';
import { RunList } from '../../components/run/run_list.js';

/** The runs of all sources. */
export function RunsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('shell.pages.runs')}>
      <RunList
        empty={
          <EmptyState title={t('runs.empty.title')}>
            <p>{t('runs.empty.text')}</p>
            <Link to="/sources">{t('shell.pages.sources')}</Link>
          </EmptyState>
        }
      />
    </Page>
  );
}
