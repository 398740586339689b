import { Button, FileButton, Group, Progress, TextInput } from '@mantine/core';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useStore } from '../../../api/store.js';
import { Badge, type Tone } from '../../../components/badge.js';
import { useDraft } from '../../../components/draft.js';
import { Icon } from '../../../components/icons.js';
import { useProblem } from '../../../components/problem.js';
import styles from './add.module.css';
import {
  clearUploads,
  NotSessionFile,
  retryRefused,
  stopUploads,
  type Upload,
  upload,
  uploads,
} from './uploads.js';

const EMPTY = { name: '', phone: '' };

/** Adds session files, hundreds at once, by choosing or dropping them. */
export function UploadFiles({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const all = useStore(uploads);
  const [chosen, setChosen] = useState<readonly File[]>([]);
  const { values, set, clear } = useDraft('upload', EMPTY);
  const begin = () => {
    upload(chosen, values);
    setChosen([]);
    clear();
  };
  return (
    <>
      <p>{t('accounts.upload.text')}</p>
      <DropPlace onFiles={setChosen} />
      {chosen.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            begin();
          }}
        >
          <p role="status">
            {chosen.length === 1 ? chosen[0]?.name : t('accounts.upload.chosen', { count: chosen.length })}
          </p>
          {chosen.length === 1 && (
            <div className={styles.pair}>
              <TextInput
                label={t('accounts.name')}
                value={values.name}
                placeholder={chosen[0]?.name.replace(/\.session$/i, '')}
                onChange={({ currentTarget }) => set({ name: currentTarget.value })}
              />
              <TextInput
                label={t('accounts.phone')}
                type="tel"
                placeholder={t('common.optional')}
                value={values.phone}
                onChange={({ currentTarget }) => set({ phone: currentTarget.value })}
              />
            </div>
          )}
          <Group justify="flex-end" mt="md">
            <Button type="submit">{t('accounts.upload.submit', { count: chosen.length })}</Button>
          </Group>
        </form>
      )}
      {all.length > 0 && <UploadList all={all} onClose={onClose} />}
    </>
  );
}

function DropPlace({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { t } = useTranslation();
  const [isOver, setOver] = useState(false);
  const reset = useRef<() => void>(null);
  const choose = (files: readonly File[]) => {
    onFiles(files);
    // The same file may be chosen again, once it was mended.
    reset.current?.();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button in it does the same by keyboard
    <div
      className={styles.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" size={26} />
      <span>{t('accounts.upload.drop')}</span>
      <FileButton
        multiple
        accept=".session"
        resetRef={reset}
        onChange={choose}
        inputProps={{ 'aria-label': t('accounts.upload.choose') }}
      >
        {(props) => (
          <Button variant="default" {...props}>
            {t('accounts.upload.choose')}
          </Button>
        )}
      </FileButton>
    </div>
  );
}

interface UploadListProps {
  readonly all: readonly Upload[];
  readonly onClose: () => void;
}

function UploadList({ all, onClose }: UploadListProps) {
  const { t } = useTranslation();
  const count = (...states: readonly Upload['state'][]) =>
    all.filter(({ state }) => states.includes(state)).length;
  const done = count('saved', 'refused');
  const isBusy = done < all.length;
  useEffect(() => {
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    if (isBusy) window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [isBusy]);
  const numbers = { done, total: all.length, saved: count('saved'), refused: count('refused') };
  return (
    <section aria-label={t('accounts.upload.files')}>
      <Progress mt="md" value={(done / all.length) * 100} aria-label={t('accounts.upload.progress')} />
      <p role="status">{t('accounts.upload.summary', numbers)}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <ul className={styles.files} aria-label={t('accounts.upload.files')} tabIndex={0}>
        {all.map((one) => (
          <UploadRow key={one.id} upload={one} />
        ))}
      </ul>
      <Group justify="flex-end" mt="md">
        {isBusy && (
          <Button variant="default" onClick={stopUploads}>
            {t('accounts.upload.stop')}
          </Button>
        )}
        {!isBusy && (
          <Button variant="subtle" onClick={clearUploads}>
            {t('accounts.upload.clear')}
          </Button>
        )}
        {!isBusy && numbers.refused > 0 && (
          <Button variant="default" onClick={retryRefused}>
            {t('accounts.upload.retryAll')}
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          {t('common.close')}
        </Button>
      </Group>
    </section>
  );
}

const TONES: Record<Upload['state'], Tone> = {
  waiting: 'calm',
  sending: 'busy',
  saved: 'good',
  refused: 'bad',
};

function UploadRow({ upload: { file, state, session, error } }: { readonly upload: Upload }) {
  const { t } = useTranslation();
  const problemOf = useProblem();
  const problem = error === undefined || error instanceof NotSessionFile ? null : problemOf(error);
  return (
    <li>
      <span>{file.name}</span>
      <Badge tone={TONES[state]}>{t(`accounts.upload.${state}`)}</Badge>
      {session && (
        <Link to={`/sessions/${session.id}`}>{t('accounts.showNamed', { name: session.name })}</Link>
      )}
      {error instanceof NotSessionFile && <p>{t('accounts.upload.notSession')}</p>}
      {problem && (
        <p>
          {problem.text} {problem.link && <Link to={problem.link.to}>{problem.link.name}</Link>}
        </p>
      )}
    </li>
  );
}
