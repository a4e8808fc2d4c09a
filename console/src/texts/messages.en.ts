/** Messages whose wording is settled. */
export const messages = {
  noKeys: 'No keys yet. Create one, or import your own.',
  noMaterial: 'This key holds no material, so it can do nothing yet. Import material to use it.',
  everyByteSame:
    'Every byte is the same, so anyone could guess it. Make material from a random source.',
  bytesRepeat: 'The same {n} bytes repeat again and again. Make material from a random source.',
  bytesCount: 'The bytes count up or down in order. Make material from a random source.',
  readableText:
    'This is readable text, not random bytes. If it is a password or an encoded key, say how to read it.',
  otherMaterial:
    'This key is permanently bound to the material first imported into it, and this is different material. Use the backup with check value {cv}, or create a new key.',
  privateKeyHeld:
    'Another key of this project already holds this private key. One private key belongs to one key.',
  privateKeyHeldBy:
    'Another key of this project already holds this private key: {alias}. One private key belongs to one key.',
  tokenExpired:
    'The import token expired at {time}. A new one is ready; wrap your material again with the new wrapping key.',
  tokenInvalid:
    'This token was made for another key or was used already. Get a new one on this page.',
  notUnwrapped:
    'The wrapped file could not be opened with this key’s wrapping key. Usual causes are listed below.',
  privateKeyUnsafe: 'This private key is not safe to use: {reason}. Make a new key pair.',
  expiryMeans:
    'At this instant every operation stops and the material is erased within 10 seconds. The key, its alias, tags and grants stay. Re-import the same material to continue.',
  noExpiryForPermanent: '{spec} keys are permanently valid, so no expiry can be set.',
  timePassed: 'This time has passed. Choose a later one, or Never.',
  imported: '{alias} is enabled. Check value {cv}.',
  backupMatches: 'Your backup matches. Nothing was imported; the drill is recorded.',
  backupDiffers:
    'This backup does not match {alias}: its check value is {a}, the key’s is {b}. The key is unchanged. Look for another backup now.',
  copiesOverwritten:
    'This page has overwritten its copies of the material. The details say what a page cannot wipe.',
  permanentMaterial:
    'Material of {spec} keys cannot be deleted by hand. To end this key, schedule its deletion.',
  materialMadeHere:
    'Material made in Holdfast cannot be deleted by hand. Disable the key, or schedule its deletion.',
  singleRootSlot:
    'Only one root slot opens this service. If it is lost, all keys and all backups are lost. Keep a copy of what opens it, the root key file or the passphrase, in a safe place.',
  importedDoNotRotate:
    'Imported keys do not rotate. Create a successor: a new key with its own material, and the alias moves to it.',
  materialExpired:
    'The material expired at {time} and was erased. Re-import the same material to continue.',
  disabled: '{alias} is disabled. Nothing was erased.',
  deletionScheduled: '{alias} will be deleted on {date}. Until then you can cancel.',
  deletionCancelled: 'Deletion cancelled. {alias} is {status}.',
  materialDeleted:
    'The material of {alias} is deleted. The key is pending import; only the same material brings it back.',
  noConnection: 'No connection to Holdfast. What you typed is kept. Trying again in {n} s.',
  signedOut:
    'You were signed out after {n} minutes without activity. Sign in to continue here; what you typed is kept, material is not.',
  noSuchPage: 'There is no such page or key here, or your role may not see it.',
  changedMeanwhile:
    '{alias} was changed by {who} at {time}. Your change was not applied. Look at the new state, then decide.',
  auditUnavailable:
    'Holdfast refused the call because it cannot write its audit log. Nothing was done. Ask the operator; request ID {id}.',
  credentialsWrong: 'User name, password or project is wrong.',
  notACiphertext:
    'This is not a Holdfast ciphertext, or it is cut short. Nothing was sent to a key.',
} as const
