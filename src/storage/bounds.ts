/** The maximum number of passed deadlines that one operation applies; the reaper does the rest. */
export const MAX_EXPIRED_PER_CALL = 32;

/** Like `MAX_EXPIRED_PER_CALL`, if the answer depends on more than one session. */
export const MAX_EXPIRED_PER_COUNT = 1000;

/**
 * The maximum number of notices per transaction: more than leases cause. A large sync causes more, and is announced
 * by its counts.
 */
export const MAX_NOTICES = 600;

/**
 * How many method floods, earliest end first, are searched for one that frees its session. If none does, the end of
 * the last is returned: a lower bound.
 */
export const MAX_METHOD_FLOODS_SCANNED = 256;
