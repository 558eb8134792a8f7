/**
 * Page faults of Linux processes, answered from user space (userfaultfd(2)), by the foreign
 * function interface of the JDK: no native library of our own.
 */
@NullMarked
package io.hydrant.pager.uffd;

import org.jspecify.annotations.NullMarked;
