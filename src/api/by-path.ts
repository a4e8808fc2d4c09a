/** Routing of a dialect whose operations have a method and a path each. */
import { KmsError } from '../domain/errors.ts'
import type { Routing } from './dialect.ts'
import { statedFields, withNamed } from './fields.ts'
import type { RouteTable } from './route-table.ts'

/** Name that a path gives to the segment with the project. */
const projectParameter = 'project'

/** @param takesForms whether a plus sign in a query that no signature covers is a blank. */
export function byPath(routes: RouteTable, takesForms: boolean): Routing {
  return {
    check(method, { target }) {
      if (target.encodedSlash && !routes.takesSlash(method, target.segments))
        throw new KmsError(
          'request-malformed',
          'the path contains an encoded slash (%2F), which is not accepted here: its two forms would name two routes',
        )
    },
    find({ method, target }) {
      const { operation, parameters } = routes.find(method, target.segments)
      const { [projectParameter]: project, ...named } = parameters
      return project === undefined ? { operation, named } : { operation, named, project }
    },
    fields: (request, { named }) => withNamed(statedFields(request, takesForms), named),
  }
}
