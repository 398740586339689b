/**
 * So many method floods, the first to end, are looked through for one that frees its session. Where none of them
 * does, the end of the last is answered: a lower bound.
 */
export const MAX_METHOD_FLOODS_SCANNED = 256;
