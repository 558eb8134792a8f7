/**
 * A sample of a machine that can be failed over: a process of its own, whose memory is protected
 * through the client library, and handed to a pager when it is resumed. What each page must hold
 * follows from the number of steps alone, so a resumed one knows of every page whether it is right.
 */
@org.jspecify.annotations.NullMarked
package io.hydrant.cli.guest;
