/** Tests read as scripts: a store on simulated media, and checkpoints in a few words. */
@NullMarked
package io.hydrant.testkit.store;

import org.jspecify.annotations.NullMarked;
