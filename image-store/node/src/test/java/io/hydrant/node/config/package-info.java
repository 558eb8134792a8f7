/** Tests. */
@NullMarked
package io.hydrant.node.config;

import org.jspecify.annotations.NullMarked;
