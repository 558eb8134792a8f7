package io.hydrant.engine.model;

/**
 * How a page's bytes are stored; codes are persistent. 4 (delta) and 5 (reference) are reserved.
 */
public enum PageEncoding {
  /** As it is. */
  RAW(0),
  /** Known to be zero; no bytes. */
  ZERO(1),
  /** One zstd frame. */
  ZSTD(2),
  /** Declared by the protector as not worth keeping; no bytes; reads as zeros. */
  NOT_KEPT(3);

  private static final PageEncoding[] BY_CODE = values();

  private final int code;

  PageEncoding(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** Whether bytes are stored for it. */
  public boolean hasContent() {
    return this == RAW || this == ZSTD;
  }

  public static boolean isKnown(int code) {
    return code >= 0 && code < BY_CODE.length;
  }

  /**
   * @throws IllegalArgumentException if the code is unknown
   */
  public static PageEncoding ofCode(int code) {
    if (!isKnown(code)) {
      throw new IllegalArgumentException("unknown page encoding " + code);
    }
    return BY_CODE[code];
  }
}
