/** Which operation a request names: matched on the segments of the raw path, which were decoded one by one. */
import { KmsError } from '../domain/errors.ts'
import type { AnyOperation } from './operation.ts'

/** Method, path with `:name` for a segment that varies, and what answers there. */
export type RouteRow = readonly [method: string, path: string, operation: AnyOperation]

export type Route = {
  readonly operation: AnyOperation
  /** Segments that the path names, by their names. */
  readonly parameters: Readonly<Record<string, string>>
}

type Leaf = { readonly operation: AnyOperation; readonly names: readonly string[] }
type Node = { readonly literals: Map<string, Node>; varying: Node | undefined; readonly methods: Map<string, Leaf> }

/** A literal segment goes before one that varies. */
export class RouteTable {
  readonly #root = newNode()

  /** @throws TypeError for two rows of one method and path. */
  constructor(rows: readonly RouteRow[]) {
    for (const [method, path, operation] of rows) {
      const names: string[] = []
      let node = this.#root
      for (const segment of path.slice(1).split('/')) {
        if (segment.startsWith(':')) {
          names.push(segment.slice(1))
          node.varying ??= newNode()
          node = node.varying
        } else {
          const next = node.literals.get(segment) ?? newNode()
          node.literals.set(segment, next)
          node = next
        }
      }
      if (node.methods.has(method)) throw new TypeError(`${method} ${path} stands twice`)
      node.methods.set(method, { operation, names })
    }
  }

  /** @throws KmsError operation-unknown, method-not-supported. */
  find(method: string, segments: readonly string[]): Route {
    const values: string[] = []
    const node = match(this.#root, segments, 0, values)
    if (node === undefined) throw new KmsError('operation-unknown', 'no operation of this API has this path')
    const leaf = node.methods.get(method)
    if (leaf === undefined)
      throw new KmsError('method-not-supported', `this path is called with ${[...node.methods.keys()].join(' or ')}`)
    const parameters: Record<string, string> = {}
    for (let i = 0; i < leaf.names.length; i++) parameters[leaf.names[i] as string] = values[i] as string
    return { operation: leaf.operation, parameters }
  }
}

function newNode(): Node {
  return { literals: new Map(), varying: undefined, methods: new Map() }
}

function match(node: Node, segments: readonly string[], at: number, values: string[]): Node | undefined {
  const segment = segments[at]
  if (segment === undefined) return node.methods.size > 0 ? node : undefined
  const literal = node.literals.get(segment)
  const found = literal && match(literal, segments, at + 1, values)
  if (found !== undefined || node.varying === undefined || segment === '') return found
  const depth = values.length
  values.push(segment)
  const varied = match(node.varying, segments, at + 1, values)
  if (varied === undefined) values.length = depth
  return varied
}
