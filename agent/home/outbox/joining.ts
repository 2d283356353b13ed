/**
 * How many readings go into one hand-over where the way out takes several as one transaction (design 6):
 * when that is refused it is halved until the offender stands alone; and where there was no offender,
 * the receiver takes no more than what passed.
 */
export function createJoining(max: number) {
  let cap = max;
  let size = max;
  /** Of a refused transaction, not settled since. */
  let suspects = 0;

  return {
    size: () => size,
    /** All of them, as one: nothing of it is at the receiver. */
    refused(count: number): void {
      suspects = Math.max(suspects, count);
      size = Math.ceil(count / 2);
    },
    /** Taken, or one that stands alone and was refused for good. */
    settled(count: number, isOffender: boolean): void {
      if (isOffender) suspects = 0;
      else if (suspects > 0) {
        suspects -= Math.min(count, suspects);
        if (suspects > 0) return;
        cap = Math.max(1, size);
      }
      size = Math.min(cap, size * 2);
    },
  };
}

export type Joining = ReturnType<typeof createJoining>;
