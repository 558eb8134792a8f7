@NullMarked
package io.hydrant.engine.plan;

import org.jspecify.annotations.NullMarked;
