/**
 * Client of a Hydrant store: protectors write checkpoints through {@link
 * io.hydrant.client.ProtectionStream}, restorers read them through {@link
 * io.hydrant.client.RestoreSession}. Every page carries its checksum from the writer's memory to
 * the reader's; nothing is handed out before it was checked, and an error is never served as zeros.
 *
 * <p>Requests and results that are plain data are the messages of {@code io.hydrant.v1}, documented
 * field by field in the proto files.
 */
@NullMarked
package io.hydrant.client;

import org.jspecify.annotations.NullMarked;
