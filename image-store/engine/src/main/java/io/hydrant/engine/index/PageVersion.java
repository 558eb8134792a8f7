package io.hydrant.engine.index;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.PageEncoding;

/**
 * One version of a page: what the checkpoint that wrote it stored.
 *
 * @param checkpoint id of the checkpoint that wrote it
 * @param address first encoded byte; meaningless where the encoding has no content
 * @param length encoded bytes
 * @param checksum of the decoded page
 */
public record PageVersion(
    long checkpoint, PageEncoding encoding, Address address, int length, int checksum) {}
