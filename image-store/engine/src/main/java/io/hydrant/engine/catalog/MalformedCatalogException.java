package io.hydrant.engine.catalog;

/** Bytes that are not a catalog. */
public final class MalformedCatalogException extends Exception {
  private static final long serialVersionUID = 1L;

  public MalformedCatalogException(String message) {
    super(message);
  }
}
