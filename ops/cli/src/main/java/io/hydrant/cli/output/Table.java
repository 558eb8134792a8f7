package io.hydrant.cli.output;

import java.util.ArrayList;
import java.util.List;

/**
 * Columns under headings, as wide as their widest cell. A heading that begins with {@code >} aligns
 * right.
 */
public final class Table {
  private static final String GAP = "  ";

  private final List<String> headings = new ArrayList<>();
  private final List<Boolean> right = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... columns) {
    for (String column : columns) {
      right.add(column.startsWith(">"));
      headings.add(column.startsWith(">") ? column.substring(1) : column);
    }
  }

  public Table row(Object... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(
          "a row of " + cells.length + " cells in a table of " + headings.size() + " columns");
    }
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** All lines, headings first, without spaces at the end. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    int[] width = widths();
    lines.add(line(headings, width));
    for (List<String> row : rows) {
      lines.add(line(row, width));
    }
    return lines;
  }

  private int[] widths() {
    int[] width = new int[headings.size()];
    for (int column = 0; column < width.length; column++) {
      width[column] = headings.get(column).length();
      for (List<String> row : rows) {
        width[column] = Math.max(width[column], row.get(column).length());
      }
    }
    return width;
  }

  private String line(List<String> cells, int[] width) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < width.length; column++) {
      String padding = " ".repeat(width[column] - cells.get(column).length());
      line.append(column == 0 ? "" : GAP);
      line.append(right.get(column) ? padding + cells.get(column) : cells.get(column) + padding);
    }
    return line.toString().stripTrailing();
  }
}
