import { endServer } from './postgres_setup.js';

/** After all tests. */
export default endServer;
