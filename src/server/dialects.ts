/** The dialects of a deployment. A request belongs to the first that recognizes it. */
import type { Dialect } from '../api/dialect.ts'
import { admin } from '../dialects/admin/dialect.ts'
import { huawei } from '../dialects/huawei/dialect.ts'

export const dialects: readonly Dialect[] = [huawei, admin]
