package io.hydrant.cli;
import picocli.CommandLine.Command;
@Command(name="inspect")
final class InspectCommand extends GroupCommand {}
