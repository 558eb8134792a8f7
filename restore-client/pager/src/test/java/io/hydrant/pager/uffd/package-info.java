@NullMarked
package io.hydrant.pager.uffd;

import org.jspecify.annotations.NullMarked;
