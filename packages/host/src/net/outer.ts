/** The outer end of a guest's connection: a socket of the host, or a stream in the same program. */
export interface Outer {
  /** The guest has the connection. */
  opened(): void;
  /** Bytes from the guest; the array is the receiver's own. */
  write(bytes: Uint8Array): void;
  /** The guest sends no more. */
  end(): void;
  /** The guest has broken the connection, or (`refused`) never took it. */
  reset(refused: boolean): void;
  /** Bytes that were written and have not left yet: while they are many, the guest's window stays closed. */
  readonly queued: number;
  /** The guest does not read: nothing more should be given to `Inner.data`. */
  pause(): void;
  resume(): void;
}

/** The guest's end, as the outer one sees it. */
export interface Inner {
  /** Bytes for the guest. They are copied. */
  data(bytes: Uint8Array): void;
  /** No more will come. */
  end(): void;
  /** The outer end broke: the guest gets a reset. */
  abort(): void;
  /** `Outer.queued` has become smaller. */
  drained(): void;
}
