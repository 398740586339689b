import { endServers } from './set_up.js';

/** After all tests. */
export default endServers;
