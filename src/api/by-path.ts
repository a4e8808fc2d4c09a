/** Routing of a dialect whose operations have a method and a path each. */
import { KmsError } from '../domain/errors.ts'
import type { Routing } from './dialect.ts'
import { statedFields, withNamed } from './fields.ts'
import type { RouteTable } from './route-table.ts'

/** Name of the path segment that holds the project. */
const projectParameter = 'project'

/** @param takesForms whether a plus sign in an unsigned query means a space. */
export function byPath(routes: RouteTable, takesForms: boolean): Routing {
  return {
    check(method, { target }) {
      if (target.encodedSlash && !routes.takesSlash(method, target.segments))
        throw new KmsError(
          'request-malformed',
          'the path contains an encoded slash (%2F), which is not accepted here',
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
