package io.hydrant.cli;

import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A checkpoint as people say it: its number, or a name, which begins with a letter. */
final class CheckpointWord {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z].*");

  private CheckpointWord() {}

  /** The one that is meant, open ones included; for the latest, the newest that is committed. */
  static Checkpoint find(HydrantClient client, String image, CheckpointChoice choice) {
    List<Checkpoint> all = client.checkpoints(HydrantClient.name(image));
    Optional<Checkpoint> found =
        switch (choice) {
          case CheckpointChoice.Latest() ->
              all.stream()
                  .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
                  .reduce((_, later) -> later);
          case CheckpointChoice.Numbered numbered ->
              all.stream().filter(each -> each.getId() == numbered.id()).findFirst();
          case CheckpointChoice.Named named ->
              all.stream().filter(each -> each.getNamesList().contains(named.name())).findFirst();
        };
    return found.orElseThrow(() -> missing(image, choice));
  }

  private static CommandFailure missing(String image, CheckpointChoice choice) {
    return choice instanceof CheckpointChoice.Latest
        ? new CommandFailure(
            ExitCode.NOT_FOUND,
            "image '" + image + "' has no committed checkpoint",
            "Take one with `hydrant checkpoint push`.")
        : new CommandFailure(
            ExitCode.NOT_FOUND,
            "image '" + image + "' has no " + choice,
            "`hydrant checkpoint list " + image + "` shows those it has.");
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<CheckpointChoice> {
    @Override
    public CheckpointChoice convert(String text) {
      if (NUMBER.matcher(text).matches()) {
        return CheckpointChoice.of(Long.parseLong(text));
      }
      if (NAME.matcher(text).matches()) {
        return new CheckpointChoice.Named(text);
      }
      throw new TypeConversionException(
          "'" + text + "' is neither a checkpoint's number nor a name, which begins with a letter");
    }
  }
}
