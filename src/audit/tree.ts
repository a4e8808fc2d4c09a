/**
 * The Merkle tree of the log, RFC 6962 section 2.1: hashes of leaves and nodes, and the frontier
 * that lets it grow.
 */
import { hash } from 'node:crypto'

export const leafPrefix = 0
export const hashBytes = 32

export function leafHash(leaf: Uint8Array): Uint8Array {
  return hash('sha256', Buffer.concat([Uint8Array.of(leafPrefix), leaf]), 'buffer')
}

const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 1)

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + hashBytes)
  return hash('sha256', nodeInput, 'buffer')
}

/** Root of the empty tree: SHA-256 of nothing. */
export const emptyRoot: Uint8Array = hash('sha256', new Uint8Array(), 'buffer')

/**
 * Roots of the perfect subtrees that make up the tree, largest first: all that is needed to
 * continue appending.
 */
export class Frontier {
  #size: number
  #subtrees: Uint8Array[]

  constructor(size = 0, subtrees: readonly Uint8Array[] = []) {
    if (subtrees.length !== bitCount(size))
      throw new TypeError('a frontier has one subtree for each bit of its size')
    this.#size = size
    this.#subtrees = [...subtrees]
  }

  get size(): number {
    return this.#size
  }

  append(leaf: Uint8Array): void {
    let hashed = leaf
    // Each trailing one bit of the size is a subtree as large as what is being added: the two are
    // merged.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      hashed = nodeHash(this.#subtrees.pop() as Uint8Array, hashed)
    }
    this.#subtrees.push(hashed)
    this.#size++
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined
    for (const subtree of this.#subtrees.toReversed())
      root = root === undefined ? subtree : nodeHash(subtree, root)
    return root ?? emptyRoot
  }

  copy(): Frontier {
    return new Frontier(this.#size, this.#subtrees)
  }

  encode(): Uint8Array {
    return Buffer.concat(this.#subtrees)
  }

  static decode(size: number, bytes: Uint8Array): Frontier {
    const subtrees = Array.from({ length: bytes.length / hashBytes }, (_, i) =>
      bytes.slice(i * hashBytes, (i + 1) * hashBytes),
    )
    return new Frontier(size, subtrees)
  }
}

function bitCount(size: number): number {
  return size.toString(2).replaceAll('0', '').length
}
