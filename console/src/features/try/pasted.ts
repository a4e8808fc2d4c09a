/** A ciphertext on its way from the search to the page that looks at it. */
import { Store } from '../../app/store.ts'

export const pastedCiphertext = new Store('')
