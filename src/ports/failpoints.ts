/**
 * Named places where a test may stop, block or kill the process. The product passes through them
 * without effect: only the entry point of the tests puts anything there.
 */
export type Failpoints = (name: string) => void

export const noFailpoints: Failpoints = () => {}
