/** What is done to the servers, and when. */
@NullMarked
package io.hydrant.chaos.fault;

import org.jspecify.annotations.NullMarked;
