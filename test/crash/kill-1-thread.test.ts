/**
 * Kills with one request thread.
 *
 * @deep
 */
import { killUnderLoad } from './kill-under-load.ts'

killUnderLoad(1)
