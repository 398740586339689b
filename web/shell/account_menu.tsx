import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
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
  return (
    <Menu
      position="bottom-end"
      width={230}
      returnFocus
      transitionProps={{ duration: 0 }}
      checkIcon={<Icon name="check" size={16} />}
      alignItemsLabels="all"
    >
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
        <Choice label={t('shell.theme')} value={colorScheme} onChange={setColorScheme}>
          {THEMES.map((theme) => (
            <Menu.RadioItem key={theme} value={theme}>
              {t(`shell.themes.${theme}`)}
            </Menu.RadioItem>
          ))}
        </Choice>
        <Menu.Divider />
        <Choice
          label={t('shell.language')}
          value={i18n.language as Language}
          onChange={(language) => void chooseLanguage(language)}
        >
          {Object.entries(LANGUAGES).map(([language, ownName]) => (
            <Menu.RadioItem key={language} value={language} lang={language} closeMenuOnClick>
              {ownName}
            </Menu.RadioItem>
          ))}
        </Choice>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut()}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly children: ReactNode;
}

/** One of several, as a part of a menu. */
function Choice<Value extends string>({ label, value, onChange, children }: ChoiceProps<Value>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
    <div role="group" aria-label={label}>
      <Menu.Label aria-hidden>{label}</Menu.Label>
      <Menu.RadioGroup value={value} onChange={(chosen) => onChange(chosen as Value)}>
        {children}
      </Menu.RadioGroup>
    </div>
  );
}
