/** What an operation of the Huawei API is: its fields, the command they become, the answer the result becomes. */
import type { Static, TObject } from 'typebox'
import type { Command } from '../../engine/command.ts'

export type Operation<S extends TObject = TObject, I = never, R = unknown> = {
  readonly fields: S
  readonly command: Command<I, R>
  /** Fields that fit the schema -> input of the command. @throws KmsError for what a schema cannot say. */
  readonly read: (fields: Static<S>) => I
  /**
   * Result -> body of the answer, before JSON. golangsdk reads a body of every 200, so "nothing" is `{}`.
   * @param base address of this server as the client has it.
   */
  readonly write: (result: R, base: string) => object
  /** Whether the fields come from the query and not from a body. */
  readonly readsQuery?: true
}

/** An operation whose types are forgotten once they were checked against each other. */
export type AnyOperation = Operation<TObject, unknown, unknown>

export function operation<S extends TObject, I, R>(declared: Operation<S, I, R>): AnyOperation {
  return declared as unknown as AnyOperation
}
