/** Works things off, several at a time. The first error ends it when what has begun is through. */
export async function inParallel<T>(
  things: readonly T[],
  work: (thing: T) => Promise<unknown>,
  width = 16,
): Promise<void> {
  const left = things[Symbol.iterator]();
  const errors: unknown[] = [];
  const one = async () => {
    for (const thing of left) {
      if (errors.length > 0) return;
      await work(thing).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, things.length) }, one));
  if (errors.length > 0) throw errors[0];
}
