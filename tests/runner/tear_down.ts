import { endServer } from './set_up.js';

/** After all tests. */
export default endServer;
