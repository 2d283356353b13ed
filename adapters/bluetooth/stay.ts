/** How long a visit lasts: until it was not renewed for a while, or is ended. */
export interface Stay {
  /** Something came: the visit lasts at least so much longer. */
  renew(ms: number): void;
  end(): void;
  /** Fulfils at the end; from now it lasts `ms` unless renewed. */
  whileRenewed(ms: number): Promise<void>;
}

export function createStay(): Stay {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting = false;
  const arm = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(resolve, ms);
  };
  return {
    renew(ms) {
      // Before anybody waits the visit is still being opened.
      if (waiting) arm(ms);
    },
    end: resolve,
    async whileRenewed(ms) {
      waiting = true;
      arm(ms);
      await promise;
      clearTimeout(timer);
    },
  };
}
