/**
 * The steps of a guided import, in order; an unfinished import records the step that was reached.
 */
export const importSteps = ['kind', 'material', 'checks', 'backup', 'expiry', 'review'] as const
export type ImportStep = (typeof importSteps)[number]
