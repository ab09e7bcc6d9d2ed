import { takeLinkToken } from './linkToken';
import { tabStorage } from './storage';

// Imported before everything else, so that no other code ever sees an address with a token in its query.
takeLinkToken(location, (url) => history.replaceState(history.state, '', url), tabStorage);
