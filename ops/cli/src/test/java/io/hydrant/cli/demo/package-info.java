@NullMarked
package io.hydrant.cli.demo;

import org.jspecify.annotations.NullMarked;
