package io.hydrant.node;

/** An image that a test protects. */
public record TestImage(long uid, String name, long epoch, int pages) {}
