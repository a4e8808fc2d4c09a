/** Options that several commands share. */
import type { Command } from 'commander'
import { defaultData } from './places.ts'

/** Of a command that calls a server. */
export function remote(command: Command): Command {
  return command
    .option(
      '--credentials <file>',
      `credentials file (default: $HOLDFAST_CREDENTIALS or ${defaultData}/bootstrap.json)`,
    )
    .option('--endpoint <url>', 'URL of the server (default: the one in the credentials file)')
    .option('--ca <file>', 'PEM file with the CA certificate of the server')
    .option('--json', 'print JSON')
}

/** Flags that say how to read a file of material. */
export function reading(command: Command): Command {
  return command
    .option('--reading <how>', howToRead)
    .option(
      '--passphrase-file <file>',
      'file with the passphrase, if the material is encrypted (default: prompt for it)',
    )
    .option('--identity <file>', 'file with the age identity, if the material is encrypted to one')
}

/** Where a text ends that names a file of material. */
export const materialFormats = 'docs/cli.md lists the formats'

/** Text of `--reading`. */
export const howToRead =
  'how to read the file if that is ambiguous: raw, hex, base64 or raw-line (raw without the line break at its end)'

/** Of a command that opens a backup. */
export function opening(command: Command): Command {
  return command
    .option('--backup <file>', 'age file, made by holdfast material backup or any other age tool')
    .option(
      '--share <file...>',
      'share files (FOLDER/ for all files in a folder), at least as many as the threshold',
    )
    .option(
      '--passphrase-file <file>',
      'file with the passphrase of the backup (default: prompt for it)',
    )
    .option('--identity <file>', 'file with the age identity, if the backup is encrypted to one')
}
