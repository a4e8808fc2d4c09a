/** What the Huawei API is to its calls. */
import type { Dialect } from '../../calls/call-run.ts'
import { wireAnswer } from './errors.ts'
import { refusals } from './fields.ts'
import { routes } from './routes.ts'

export const dialect: Dialect = { name: 'huawei', routes, fieldRefusals: refusals, refusal: wireAnswer }
