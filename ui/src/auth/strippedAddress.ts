import { takeLinkToken } from './linkToken';
import { tabStorage } from './storage';

const take = () => takeLinkToken(location, (url) => history.replaceState(history.state, '', url), tabStorage);

// Imported before everything else, so that no other code ever sees an address that a token is to leave.
take();
// A link that is opened in a tab which has its page already changes the fragment alone, and loads nothing by itself.
addEventListener('hashchange', () => {
  if (take()) location.reload();
});
