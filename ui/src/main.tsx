import './auth/strippedAddress';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { parseRoute } from './route';
import { MessagePage } from './ui/MessagePage';
import './ui/theme.css';
import './ui/controls.css';

const ShowsPage = lazy(() => import('./features/shows/ShowsPage'));
const StudioPage = lazy(() => import('./features/show/StudioPage'));
const JoinPage = lazy(() => import('./features/join/JoinPage'));
const ListenPage = lazy(() => import('./features/listen/ListenPage'));

function Page() {
  const route = parseRoute(location.pathname);
  switch (route.page) {
    case 'shows':
      return <ShowsPage />;
    case 'studio':
      return <StudioPage showId={route.showId} />;
    case 'join':
      return <JoinPage showId={route.showId} />;
    case 'listen':
      return <ListenPage showId={route.showId} />;
    case 'unknown':
      return <MessagePage title="There is no such page" text="Check the link that you were given." />;
  }
}

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <Suspense fallback={null}>
      <Page />
    </Suspense>
  </StrictMode>,
);
