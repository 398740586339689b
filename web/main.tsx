import './components/mantine.css.js';
import './components/theme.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadTranslations } from './i18n/translations.js';
import { App } from './shell/app.js';

const root = document.getElementById('root');

await loadTranslations();
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
