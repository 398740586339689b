/** How many passed deadlines one operation carries out at the most; the reaper does the rest. */
export const MAX_EXPIRED_PER_CALL = 32;

/** As `MAX_EXPIRED_PER_CALL`, where the answer depends on more than one session. */
export const MAX_EXPIRED_PER_COUNT = 1000;

/** Notices of one transaction: more than leases bring. A large sync brings more, and is told by its counts. */
export const MAX_NOTICES = 600;

/**
 * So many method floods, the first to end, are searched for one that frees its session. Where none of them does,
 * the end of the last is answered: a lower bound.
 */
export const MAX_METHOD_FLOODS_SCANNED = 256;
