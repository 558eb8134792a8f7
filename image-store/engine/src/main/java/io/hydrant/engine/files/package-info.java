/** The port to the disk: everything the engine writes or reads goes through it. */
@NullMarked
package io.hydrant.engine.files;

import org.jspecify.annotations.NullMarked;
