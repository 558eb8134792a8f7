package io.hydrant.pager;

/**
 * What a restore has done so far.
 *
 * @param pages of all regions
 * @param present of them, there; known zeros too
 * @param faults pages that somebody waited for
 * @param faultNanos how long, together
 * @param touched pages known to be touched
 * @param touchedThere of them, there at the first touch
 * @param ahead pages that came because they were expected to be wanted
 * @param aheadUsed of them, known to be touched
 * @param filled pages that came because all are to come
 */
public record PagerStats(
    long pages,
    long present,
    long faults,
    long faultNanos,
    long touched,
    long touchedThere,
    long ahead,
    long aheadUsed,
    long filled) {}
