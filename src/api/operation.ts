/**
 * What an operation of a dialect is: its fields, the command they become, the answer the result
 * becomes.
 */
import type { Static, TObject, TSchema } from 'typebox'
import type { Command } from '../engine/command.ts'

export type Operation<S extends TObject = TObject, I = never, R = unknown> = {
  /** Fields of the body, the query and the path, all together. */
  readonly fields: S
  readonly command: Command<I, R>
  /**
   * Fields that fit the schema -> input of the command.
   * @throws KmsError for what a schema cannot say.
   */
  readonly read: (fields: Static<S>) => I
  /**
   * Result -> body of the answer, before JSON. golangsdk reads a body of every 200, so "nothing" is
   * `{}`.
   * @param base address of this server as the client has it.
   */
  readonly write: (result: R, base: string) => object
  /** What `write` gives, where the dialect publishes it. */
  readonly answer?: TSchema
  /** Status of success, 200 unless it says otherwise. */
  readonly status?: number
  /** Headers of the answer beside the usual ones: names and values alternating. */
  readonly headers?: (result: R) => readonly string[]
}

/** An operation whose types are forgotten once they were checked against each other. */
export type AnyOperation = Operation<TObject, unknown, unknown>

export function operation<S extends TObject, I, R>(declared: Operation<S, I, R>): AnyOperation {
  return declared as unknown as AnyOperation
}
