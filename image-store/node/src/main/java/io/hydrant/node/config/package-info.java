/** What a server can be told: one small validated record per component. */
@NullMarked
package io.hydrant.node.config;

import org.jspecify.annotations.NullMarked;
