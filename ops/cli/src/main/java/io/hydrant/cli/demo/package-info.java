/**
 * The demonstration: a real server process, a real trace, a real SIGKILL, and figures beside what
 * the machine can do.
 */
@NullMarked
package io.hydrant.cli.demo;

import org.jspecify.annotations.NullMarked;
