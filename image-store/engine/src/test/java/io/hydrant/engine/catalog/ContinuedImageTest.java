package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Whether one state of an image may be what another one has become; that it is so along any log is
 * in {@link CatalogModelTest}.
 */
final class ContinuedImageTest {
  private final CatalogScript one = new CatalogScript();
  private final CatalogScript other = new CatalogScript();
  private final ImageId image;

  ContinuedImageTest() {
    image = one.owned("vm", 1);
    other.owned("vm", 1);
    both(1);
    both(2);
  }

  private void both(long id) {
    for (CatalogScript script : List.of(one, other)) {
      CheckpointId made = id == 1 ? script.full(image) : script.increment(image);
      assertEquals(cp(id), made);
    }
  }

  private void assertForked() {
    ImageState before = one.image(image);
    other.increment(image);
    other.increment(image);
    assertFalse(other.image(image).continues(before), "after");
    assertFalse(other.image(image).continues(one.image(image)));
  }

  @Test
  void itself() {
    assertTrue(other.image(image).continues(one.image(image)));
    other.increment(image);
    assertTrue(other.image(image).continues(one.image(image)));
    assertFalse(one.image(image).continues(other.image(image)), "it goes back");
  }

  @Test
  void abortedInOneAndCommittedInTheOther() {
    one.abort(image, one.openOn(image, cp(2)));
    other.increment(image);
    assertForked();
  }

  @Test
  void committedInOneAndAbortedInTheOther() {
    one.increment(image);
    other.abort(image, other.openOn(image, cp(2)));
    assertForked();
  }

  @Test
  void otherContent() {
    one.apply(new Command.Abort(new CheckpointKey(image, cp(9)), Optional.empty()));
    one.increment(image); // at another index
    other.increment(image);
    assertForked();
  }

  @Test
  void anotherLine() {
    one.acquireAt(image, 77, cp(1));
    other.acquireAt(image, 77, cp(2));
    one.increment(image);
    other.increment(image);
    assertForked();
  }

  @Test
  void retiredInOneAndTheBaseOfTheOther() {
    one.increment(image);
    other.increment(image);
    one.apply(new Command.Retire(image, List.of(cp(1), cp(2))));
    assertTrue(one.image(image).committed().containsKey(cp(3)));
    other.acquireAt(image, 78, cp(2));
    other.increment(image);
    assertFalse(other.image(image).continues(one.image(image)));
  }

  @Test
  void whatMayHaveBeenCommitted() {
    one.abort(image, one.openOn(image, cp(2)));
    one.increment(image);
    ImageState state = one.image(image);
    assertArrayEquals(new long[] {1, 2, 4, 9}, state.notAborted(1, 9));
    assertArrayEquals(new long[] {4, 4}, state.notAborted(3, 4));
    assertArrayEquals(new long[0], state.notAborted(3, 3));
    assertEquals(5, state.firstUndecided());
    assertEquals(cp(5), one.openOn(image, cp(4)));
    assertEquals(5, one.image(image).firstUndecided());
    assertTrue(state.committedAs(cp(3)).isEmpty());
    assertEquals(CatalogScript.digest(4), state.committedAs(cp(4)).orElseThrow().digest());
  }
}
