/** The engine's codec port on zstd-jni: the only place that knows the library. */
@NullMarked
package io.hydrant.codecs;

import org.jspecify.annotations.NullMarked;
