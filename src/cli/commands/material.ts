/** `holdfast material`: an owner's own key material, mostly offline. */
import type { Command } from 'commander'
import { keySpecs } from '../../domain/keys/key-specs.ts'
import type { BackupFlags, RestoreFlags } from '../backup.ts'
import type { DrillFlags } from '../drill.ts'
import type { CheckFlags, GenerateFlags, WrapFlags } from '../material.ts'
import { howToRead, materialFormats, opening, reading, remote } from './options.ts'
import type { Flags, Places } from './places.ts'

const specs = Object.keys(keySpecs).join(', ')
const newFile = 'file to create; an existing file is never overwritten'

/** @param material the command that these belong to. */
export function addMaterialCommands(material: Command, places: Places): void {
  addMaking(material)
  addChecking(material)
  addBackingUp(material)
  addRestoring(material)
  addDrilling(material, places)
}

function offline(material: Command, name: string, description: string): Command {
  return material.command(name).description(description).option('--json', 'print JSON')
}

function print(flags: Flags): { json: boolean } {
  return { json: flags.json === true }
}

function addMaking(material: Command): void {
  offline(material, 'generate', 'generate key material on this machine')
    .requiredOption('--spec <spec>', `spec of the key: ${specs}`)
    .requiredOption('--out <file>', newFile)
    .action(async (flags: Flags & GenerateFlags) =>
      (await import('../material.ts')).generateMaterial(print(flags), flags),
    )
  reading(offline(material, 'wrap', 'wrap material for an import, without access to a server'))
    .requiredOption('--material <file>', `file with the material; ${materialFormats}`)
    .requiredOption('--parameters <file>', 'response of get-parameters-for-import')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--out <file>', newFile)
    .action(async (flags: Flags & WrapFlags) =>
      (await import('../material.ts')).wrapForImport(print(flags), flags),
    )
}

function addChecking(material: Command): void {
  reading(
    offline(
      material,
      'check',
      'print the check value of material, and any fault that an import would reject',
    ),
  )
    .requiredOption('--key-id <id>', 'ID of the key that the material belongs to')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--material <file>', 'file with the material')
    .action(async (flags: Flags & CheckFlags) =>
      (await import('../material.ts')).checkMaterial(print(flags), flags),
    )
}

function addBackingUp(material: Command): void {
  offline(material, 'backup', 'back up material as an encrypted age file or as shares on paper')
    .requiredOption('--material <file>', 'file with the material')
    .requiredOption('--out <file>', 'file to create; with --shares, prefix of the file names')
    .option(
      '--passphrase-file <file>',
      'file with the passphrase (default: prompt for it; with --json or without a terminal, generate and print one)',
    )
    .option(
      '--recipient <recipient...>',
      'encrypt to these age recipients (age1...) instead of a passphrase',
    )
    .option('--shares <n>', 'create this many shares (2 to 16) instead of an age file')
    .option('--threshold <k>', 'number of shares needed to restore the material (default: 3)')
    .action(async (flags: Flags & BackupFlags) =>
      (await import('../backup.ts')).backupMaterial(print(flags), flags),
    )
}

function addRestoring(material: Command): void {
  opening(offline(material, 'restore', 'restore material from a backup'))
    .requiredOption('--out <file>', newFile)
    .action(async (flags: Flags & RestoreFlags) =>
      (await import('../backup.ts')).restoreMaterial(print(flags), flags),
    )
}

function addDrilling(material: Command, places: Places): void {
  const drill = material
    .command('drill <key>')
    .description('verify that a backup holds the material of a key; nothing is imported')
  opening(remote(drill))
    .option('--material <file>', 'file with the material itself, if that is your backup')
    .option('--reading <how>', howToRead)
    .action(async (name: string, flags: Flags & DrillFlags) =>
      (await import('../drill.ts')).drillMaterial(await places.context(flags), name, flags),
    )
}
