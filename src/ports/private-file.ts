/**
 * Files that the service trusts: each is opened first and then checked through its descriptor, so
 * that nothing can change in between. Only their owner, root and, for reading, a group of this
 * process may access them; nor may others decide where a path leads.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'
import { shellWord } from '../domain/shell-word.ts'

/**
 * A file exists, but others may read or change it. The message names it, what is wrong and how to
 * fix it.
 */
export class FileNotPrivate extends Error {}

/** `secret`: nobody else may read it. `public`: anyone may, but nobody else may change it. */
export type Secrecy = 'secret' | 'public'

const isWindows = process.platform === 'win32'
const readByOthers = 0o004
const readByGroup = 0o040
const writtenByOthers = 0o022
const writtenByAnybody = 0o002
const sticky = 0o1000
const linksFollowed = 40
const rootId = 0

/**
 * Content of a file. The caller wipes it. On Windows, which has a different permission model,
 * nothing is checked.
 * @throws FileNotPrivate, or the error of the file system, such as ENOENT.
 */
export function readPrivateFile(path: string, secrecy: Secrecy = 'secret'): Buffer {
  if (isWindows) return readFileSync(path)
  // The last name is no longer a link, and a pipe in its place must not block.
  const fd = openSync(
    withoutLinks(path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  )
  try {
    const fault = privacyFault(path, fstatSync(fd), secrecy, self())
    if (fault !== undefined) throw new FileNotPrivate(fault)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** @throws FileNotPrivate if a folder does not belong to this user, or others can access it. */
export function checkPrivateFolder(path: string): void {
  if (isWindows) return
  const stats = statSync(withoutLinks(path))
  if (!stats.isDirectory()) throw new FileNotPrivate(`${path} is not a folder`)
  if (stats.uid !== ownId())
    throw new FileNotPrivate(
      `the folder ${path} belongs to another user; run: chown ${ownId()} ${shellWord(path)}`,
    )
  if ((stats.mode & 0o077) !== 0)
    throw new FileNotPrivate(
      `the folder ${path} is open to others; run: chmod 700 ${shellWord(path)}`,
    )
}

/** The owner of a file and who may do what with it. */
export type Ownership = {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  isFile(): boolean
}
/** Who this process is: its effective user, and every group it is in. */
export type Self = { readonly uid: number; readonly groups: readonly number[] }

/**
 * Why a file is not private, and how to fix that; undefined for one that only its owner, root and
 * groups of this process can access. A file of root's was put there by another tool (systemd,
 * Kubernetes), so the fix is for that tool.
 */
export function privacyFault(
  path: string,
  file: Ownership,
  secrecy: Secrecy,
  reader: Self,
): string | undefined {
  const { uid, gid, mode } = file
  if (!file.isFile()) return `${path} is not a regular file`
  const word = shellWord(path)
  const asRoot = reader.uid === rootId ? 'run' : 'run as root'
  if (uid !== rootId && uid !== reader.uid)
    return `${path} belongs to another user, who can change it; ${asRoot}: chown ${reader.uid} ${word}`
  const asOwner = uid === reader.uid ? 'run' : 'run as root'
  if ((mode & writtenByOthers) !== 0)
    return `${path} can be written by others; ${asOwner}: chmod go-w ${word}`
  if (secrecy === 'public') return undefined
  const mounted = 'for a secret that Kubernetes mounts: defaultMode: 0440'
  if ((mode & readByOthers) !== 0)
    return `${path} can be read by others; ${asOwner}: chmod ${uid === reader.uid ? '600' : 'o='} ${word} (${mounted})`
  // What systemd hands to a service belongs to root's group and is readable through an access list.
  if ((mode & readByGroup) === 0 || gid === rootId || reader.groups.includes(gid)) return undefined
  return uid === reader.uid
    ? `${path} can be read by group ${gid}, which this process is not in; run: chmod 600 ${word}`
    : `${path} can be read by group ${gid}, which this process is not in; run as root: chgrp ${reader.groups[0]} ${word} (${mounted}, and fsGroup: ${gid})`
}

/**
 * Kubernetes mounts secrets as links to links. Each is followed if only root or this user could
 * have put it there.
 */
function withoutLinks(path: string): string {
  let links = 0
  let todo = names(resolve(path))
  let real = parse(resolve(path)).root
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    const next = join(real, name)
    const stats = lstatSync(next)
    if (!stats.isSymbolicLink()) {
      if (stats.isDirectory()) checkWay(path, next, stats)
      real = next
      continue
    }
    if (!isTrusted(stats.uid))
      throw new FileNotPrivate(
        `${path} goes through the link ${next}, which belongs to another user`,
      )
    if (++links > linksFollowed) throw new FileNotPrivate(`${path} is a circular link`)
    const target = resolve(dirname(next), readlinkSync(next))
    todo = [...names(target), ...todo]
    real = parse(target).root
  }
  return real
}

/**
 * Owners of folders along the path are not checked: below a home directory, or in a container, they
 * are rarely this user.
 */
function checkWay(path: string, folder: string, { mode }: Stats): void {
  if ((mode & writtenByAnybody) === 0 || (mode & sticky) !== 0) return
  throw new FileNotPrivate(
    `${path} is below ${folder}, where anyone could replace it; run: chmod o-w ${shellWord(folder)}`,
  )
}

function names(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((name) => name !== '')
}

function isTrusted(uid: number): boolean {
  return uid === rootId || uid === ownId()
}

function ownId(): number {
  return process.geteuid?.() ?? rootId
}

function self(): Self {
  return { uid: ownId(), groups: [process.getegid?.() ?? rootId, ...(process.getgroups?.() ?? [])] }
}
