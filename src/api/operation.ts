/**
 * What an operation of a dialect is: its fields, the command built from them, and the answer built
 * from the result.
 */
import type { Static, TObject, TSchema } from 'typebox'
import type { Command } from '../engine/command.ts'

export type Operation<S extends TObject = TObject, I = never, R = unknown> = {
  /** Fields of the body, the query and the path together. */
  readonly fields: S
  readonly command: Command<I, R>
  /**
   * Valid fields -> input of the command.
   * @throws KmsError for what a schema cannot express.
   */
  readonly read: (fields: Static<S>) => I
  /**
   * Result -> body of the answer, before the dialect makes it text. golangsdk reads a body of every
   * 200, so an empty result is `{}`.
   * @param base address of this server as the client knows it.
   */
  readonly write: (result: R, base: string) => object
  /** Schema of what `write` returns, if the dialect publishes it. */
  readonly answer?: TSchema
  /** Status of success; 200 if omitted. */
  readonly status?: number
  /** Headers of the answer besides the usual ones: names and values alternating. */
  readonly headers?: (result: R) => readonly string[]
}

/** An operation whose types are erased after they were checked against each other. */
export type AnyOperation = Operation<TObject, unknown, unknown>

export function operation<S extends TObject, I, R>(declared: Operation<S, I, R>): AnyOperation {
  return declared as unknown as AnyOperation
}
