package io.hydrant.client.trace;

/**
 * One checkpoint of a trace, as trace.json lists it.
 *
 * @param number 0: full, all pages that are not zero; else the pages written since the one before
 * @param file its file, beside trace.json
 * @param pageCount pages in the file
 * @param slimBytes length of the slim state
 * @param atMillis when it was taken, since the first
 * @param pauseMillis how long the guest stood still for it
 * @param sha256 64 hexadecimal digits: the whole memory after this checkpoint
 */
public record TraceEntry(
    int number,
    String file,
    int pageCount,
    int slimBytes,
    long atMillis,
    double pauseMillis,
    String sha256) {}
