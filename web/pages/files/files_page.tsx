import { useTranslation } from 'react-i18next';
import { Page } from '../../components/page.js';
import { FileList } from '../../components/run/file_list.js';

/** What the runs of all sources have found, newest first. */
export function FilesPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('shell.pages.files')}>
      <FileList of="/files" />
    </Page>
  );
}
