import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { useIdentity } from '../api/identity.js';
import { queryClient } from '../api/queries.js';
import { Toasts } from '../components/toasts.js';
import { CrashBoundary } from './crash_boundary.js';
import { Desk } from './desk.js';
import { SignInPage, UnreachablePage } from './sign_in_page.js';

const theme = createTheme({ respectReducedMotion: true, cursorType: 'pointer' });

/** The whole console. Mantine's variables are in style sheets: the page's policy allows no style elements. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <CrashBoundary>
          <Entrance />
        </CrashBoundary>
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Entrance() {
  const { state, self } = useIdentity();
  if (self) return <Desk role={self.role} />;
  if (state === 'signed_out') return <SignInPage />;
  return state === 'unreachable' ? <UnreachablePage /> : null;
}
