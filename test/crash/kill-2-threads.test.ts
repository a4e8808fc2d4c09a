/**
 * Kills with two request threads.
 *
 * @fuller
 */
import { killUnderLoad } from './kill-under-load.ts'

killUnderLoad(2)
