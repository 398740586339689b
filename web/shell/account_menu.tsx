import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { signOut, useSelf } from '../api/identity.js';
import { Icon } from '../components/icons.js';
import { chooseLanguage, LANGUAGES, type Language } from '../i18n/translations.js';

const THEMES = ['light', 'dark', 'auto'] as const;

/** Who is signed in, theme, language, and the way out. */
export function AccountMenu() {
  const { t, i18n } = useTranslation();
  const { name, role } = useSelf();
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const tick = (isChosen: boolean) => ({
    role: 'menuitemradio' as const,
    'aria-checked': isChosen,
    rightSection: isChosen ? <Icon name="check" size={16} /> : undefined,
  });
  return (
    <Menu position="bottom-end" width={230} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shell.account', { name })}>
          <Icon name="user" size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name} · {t(`shell.roles.${role}`)}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t('shell.theme')}</Menu.Label>
        {THEMES.map((theme) => (
          <Menu.Item
            key={theme}
            closeMenuOnClick={false}
            onClick={() => setColorScheme(theme)}
            {...tick(theme === colorScheme)}
          >
            {t(`shell.themes.${theme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('shell.language')}</Menu.Label>
        {(Object.entries(LANGUAGES) as [Language, string][]).map(([language, ownName]) => (
          <Menu.Item
            key={language}
            lang={language}
            onClick={() => void chooseLanguage(language)}
            {...tick(language === i18n.language)}
          >
            {ownName}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
