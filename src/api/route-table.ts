/**
 * Finds the operation that a request names, by the segments of the raw path, each of which was
 * decoded on its own.
 */
import { KmsError } from '../domain/errors.ts'
import type { AnyOperation } from './operation.ts'

/**
 * Method, path with `:name` for a variable segment, and the handler. `*name` at the end of a path
 * matches all remaining segments, with the slashes between them; only there may a slash come
 * encoded, and it means the same as a bare one.
 */
export type RouteRow = readonly [method: string, path: string, operation: AnyOperation]

export type Route = {
  readonly operation: AnyOperation
  /** What the path names, by name. */
  readonly parameters: Readonly<Record<string, string>>
}

type Leaf = { readonly operation: AnyOperation; readonly names: readonly string[] }
type Node = {
  readonly literals: Map<string, Node>
  varying: Node | undefined
  readonly methods: Map<string, Leaf>
  /** By method, the handler for all remaining segments. */
  readonly rest: Map<string, Leaf>
}

/**
 * Among the routes that have the method, a literal segment takes precedence over a variable one,
 * and that over all remaining segments.
 */
export class RouteTable {
  readonly #root = newNode()
  readonly #methods = new Set<string>()

  /** @throws TypeError for two rows with the same method and path. */
  constructor(rows: readonly RouteRow[]) {
    for (const [method, path, operation] of rows) {
      const names: string[] = []
      let node = this.#root
      let leaves = node.methods
      for (const segment of path.slice(1).split('/')) {
        if (leaves === node.rest)
          throw new TypeError(`${path}: no segment may follow one that matches the rest`)
        if (segment.startsWith('*')) {
          names.push(segment.slice(1))
          leaves = node.rest
          continue
        }
        if (segment.startsWith(':')) {
          names.push(segment.slice(1))
          node.varying ??= newNode()
          node = node.varying
        } else {
          const next = node.literals.get(segment) ?? newNode()
          node.literals.set(segment, next)
          node = next
        }
        leaves = node.methods
      }
      if (leaves.has(method)) throw new TypeError(`duplicate route: ${method} ${path}`)
      leaves.set(method, { operation, names })
      this.#methods.add(method)
    }
  }

  /**
   * Whether the match accepts slashes that came encoded within a segment; only a segment that
   * matches the rest of a path does.
   */
  takesSlash(method: string, segments: readonly string[]): boolean {
    return match(this.#root, { method, segments, values: [] }, 0) !== undefined
  }

  /** @throws KmsError operation-unknown, method-not-supported. */
  find(method: string, segments: readonly string[]): Route {
    const values: string[] = []
    const leaf = match(this.#root, { method, segments, values }, 0)
    if (leaf === undefined) throw this.#notFound(segments)
    const parameters: Record<string, string> = {}
    for (let i = 0; i < leaf.names.length; i++)
      parameters[leaf.names[i] as string] = values[i] as string
    return { operation: leaf.operation, parameters }
  }

  #notFound(segments: readonly string[]): KmsError {
    const others = [...this.#methods].filter(
      (method) => match(this.#root, { method, segments, values: [] }, 0) !== undefined,
    )
    if (others.length > 0)
      return new KmsError(
        'method-not-supported',
        `this path must be called with ${others.join(' or ')}`,
      )
    return new KmsError('operation-unknown', 'no operation of this API has this path')
  }
}

function newNode(): Node {
  return { literals: new Map(), varying: undefined, methods: new Map(), rest: new Map() }
}

type Wanted = {
  readonly method: string
  readonly segments: readonly string[]
  readonly values: string[]
}

function match(node: Node, wanted: Wanted, at: number): Leaf | undefined {
  const { method, segments, values } = wanted
  const segment = segments[at]
  if (segment === undefined) return node.methods.get(method)
  const literal = node.literals.get(segment)
  const found = literal && match(literal, wanted, at + 1)
  if (found !== undefined || segment === '') return found
  const depth = values.length
  if (node.varying !== undefined && !segment.includes('/')) {
    values.push(segment)
    const varied = match(node.varying, wanted, at + 1)
    if (varied !== undefined) return varied
    values.length = depth
  }
  const rest = node.rest.get(method)
  if (rest !== undefined && segments.at(-1) !== '') {
    values.push(segments.slice(at).join('/'))
    return rest
  }
  return undefined
}
