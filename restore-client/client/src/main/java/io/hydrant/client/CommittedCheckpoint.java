package io.hydrant.client;

/**
 * A checkpoint that is durable and can be restored.
 *
 * @param imageUid its image
 * @param id its number in the image, never used again
 * @param index log index of the commit; a read that names it sees the checkpoint
 */
public record CommittedCheckpoint(long imageUid, long id, long index) {}
