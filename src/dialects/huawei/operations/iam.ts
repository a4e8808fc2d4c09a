/**
 * What clients ask of IAM before they call the KMS: their project, domain and user, and the address
 * of the KMS. Callers see only their own. Paths under /v3, in the formats of Keystone v3.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import type { ProjectRow } from '../../../domain/rows.ts'
import { type Identity, type WhoAmIInput, whoAmI } from '../identity.ts'

/** Filters that clients send; all except the name are ignored. */
const filters = Type.Object({ name: Type.Optional(Type.String()) })

type Named = Identity & WhoAmIInput

/**
 * A project is found by its name, and by the name of its region, which clients of one region use.
 */
function projectsOf({ project }: Identity, name: string | undefined, base: string): object[] {
  if (name !== undefined && name !== project.name && name !== project.region) return []
  const links = { self: `${base}/v3/projects/${project.id}` }
  return [
    {
      id: project.id,
      name: project.name,
      domain_id: project.domainId,
      parent_id: project.domainId,
      enabled: true,
      is_domain: false,
      description: '',
      links,
    },
  ]
}

/** A project here is alone in its domain, and the two share one name. */
export function domainOf(project: ProjectRow): { id: string; name: string } {
  return { id: project.domainId, name: project.name }
}

/**
 * Address of each service: kms for the SDKs and Terraform, kmsv1 with the project in its path for
 * OpenStack-like clients.
 */
export function catalogOf(project: ProjectRow, base: string): object[] {
  const service = (type: string, name: string, path: string): object => ({
    id: `${type}-${project.region}`,
    type,
    name,
    endpoints: [
      {
        id: `${type}-${project.region}-public`,
        interface: 'public',
        region: project.region,
        region_id: project.region,
        url: `${base}${path}`,
      },
    ],
  })
  return [
    service('kms', 'kms', '/v1.0'),
    service('kmsv1', 'kmsv1', `/v1.0/${project.id}`),
    service('identity', 'keystone', '/v3'),
    service('iam', 'iam', '/v3.0'),
  ]
}

function query(write: (found: Named, base: string) => object): AnyOperation {
  return operation({ fields: filters, command: whoAmI, read: ({ name }) => ({ name }), write })
}

const listProjects = query((found, base) => ({
  projects: projectsOf(found, found.name, base),
  links: linksOf(`${base}/v3/projects`),
}))

/** Operations by path, each called with GET. */
export const iamOperations: Readonly<Record<string, AnyOperation>> = {
  'v3/projects': listProjects,
  'v3/auth/projects': listProjects,
  'v3/auth/domains': query(({ project, name }, base) => {
    const domain = domainOf(project)
    const matches = name === undefined || name === domain.name || name === domain.id
    const shown = {
      ...domain,
      enabled: true,
      description: '',
      links: { self: `${base}/v3/domains/${domain.id}` },
    }
    return { domains: matches ? [shown] : [], links: linksOf(`${base}/v3/auth/domains`) }
  }),
  'v3/auth/catalog': query(({ project }, base) => ({
    catalog: catalogOf(project, base),
    links: linksOf(`${base}/v3/auth/catalog`),
  })),
  'v3/users': query(({ project, user, name }, base) => {
    const shown = {
      id: user.id,
      name: user.name,
      domain_id: project.domainId,
      enabled: true,
      links: { self: `${base}/v3/users/${user.id}` },
    }
    return {
      users: name === undefined || name === user.name ? [shown] : [],
      links: linksOf(`${base}/v3/users`),
    }
  }),
}

function linksOf(self: string): object {
  return { self, next: null, previous: null }
}
