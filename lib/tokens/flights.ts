// Work under way in one process, shared by all who ask for it meanwhile.

/** Concurrent calls with one key share one run. A failure reaches all who wait and is not remembered. */
export type Flights<T> = (key: string, start: () => Promise<T>) => Promise<T>

export const createFlights = <T>(): Flights<T> => {
  const underWay = new Map<string, Promise<T>>()
  return (key, start) => {
    const running = underWay.get(key)
    if (running) return running
    const run = start().finally(() => underWay.delete(key))
    underWay.set(key, run)
    return run
  }
}
