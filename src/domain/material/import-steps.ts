/**
 * The steps of an import that a person is led through, in order; an unfinished import keeps the one
 * that was reached.
 */
export const importSteps = ['kind', 'material', 'checks', 'backup', 'expiry', 'review'] as const
export type ImportStep = (typeof importSteps)[number]
