/** @file The silent error: thrown when a value was already reported; whoever catches it says nothing. */
export class PoisonError extends Error {}
