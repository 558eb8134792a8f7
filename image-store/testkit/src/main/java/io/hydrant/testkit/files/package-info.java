/**
 * A simulated disk that loses power, tears sectors, runs full and fails; and the contract of the
 * files port.
 */
@NullMarked
package io.hydrant.testkit.files;

import org.jspecify.annotations.NullMarked;
