@NullMarked
package io.hydrant.pager;

import org.jspecify.annotations.NullMarked;
