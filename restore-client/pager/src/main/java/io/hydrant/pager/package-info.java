/**
 * Pagers: a machine runs before its memory is there, and gets the pages that it touches first. What
 * is common to all of them is {@link io.hydrant.pager.LazyRestore}; where pages go is a {@link
 * io.hydrant.pager.PageTarget}.
 */
@NullMarked
package io.hydrant.pager;

import org.jspecify.annotations.NullMarked;
