/** What becomes of pages of which no member has good bytes any more. */
@NullMarked
package io.hydrant.node.damage;

import org.jspecify.annotations.NullMarked;
