/**
 * The {@code hydrant} command: parses the command line, calls the client library or starts the
 * server, and says what came of it in words, in JSON and in an exit code. No product logic lives
 * here.
 */
@NullMarked
package io.hydrant.cli;

import org.jspecify.annotations.NullMarked;
